package jsonlines

import (
	"context"
	"log"
)

// Logger writes what opamp-go logs to stderr, where the tests keep it.
type Logger struct{}

// Debugf logs the course of things.
func (Logger) Debugf(_ context.Context, format string, v ...any) {
	log.Printf("debug: "+format, v...)
}

// Errorf logs what went wrong.
func (Logger) Errorf(_ context.Context, format string, v ...any) {
	log.Printf("error: "+format, v...)
}
