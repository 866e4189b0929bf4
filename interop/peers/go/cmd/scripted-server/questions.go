package main

import (
	"context"
	"fmt"
	"sync"
)

// decision is what the test says to a question: who may connect, or what to answer.
type decision struct {
	Question int
	// Status is 0 for an agent that is let in.
	Status  int
	Headers map[string]string
	// Message is what to answer, in the wire format.
	Message []byte
}

// questions are those that the test has not answered yet.
type questions struct {
	mutex sync.Mutex
	last  int
	open  map[int]chan decision
}

// ask emits a question under its number, and waits for the decision.
func (q *questions) ask(ctx context.Context, emit func(question int)) (decision, error) {
	answer := make(chan decision, 1)
	q.mutex.Lock()
	q.last++
	question := q.last
	q.open[question] = answer
	q.mutex.Unlock()
	emit(question)
	select {
	case decision := <-answer:
		return decision, nil
	case <-ctx.Done():
		return decision{}, ctx.Err()
	}
}

func (q *questions) answer(decision decision) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	answer, asked := q.open[decision.Question]
	if !asked {
		return fmt.Errorf("nobody asked question %d", decision.Question)
	}
	delete(q.open, decision.Question)
	answer <- decision
	return nil
}
