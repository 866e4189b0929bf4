package main

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/open-telemetry/opamp-go/client/types"
	"github.com/open-telemetry/opamp-go/protobufs"
)

// packageStore keeps packages in memory, without their contents.
type packageStore struct {
	mutex    sync.Mutex
	allHash  []byte
	states   map[string]types.PackageState
	contents map[string][]byte
	statuses *protobufs.PackageStatuses
}

func newPackageStore() *packageStore {
	return &packageStore{states: map[string]types.PackageState{}, contents: map[string][]byte{}}
}

func (s *packageStore) AllPackagesHash() ([]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.allHash, nil
}

func (s *packageStore) SetAllPackagesHash(hash []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.allHash = hash
	return nil
}

func (s *packageStore) Packages() ([]string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	names := []string{}
	for name := range s.states {
		names = append(names, name)
	}
	return names, nil
}

func (s *packageStore) PackageState(name string) (types.PackageState, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.states[name], nil
}

func (s *packageStore) SetPackageState(name string, state types.PackageState) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.states[name] = state
	return nil
}

func (s *packageStore) CreatePackage(name string, kind protobufs.PackageType) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.states[name].Exists {
		return errors.New("the package exists")
	}
	s.states[name] = types.PackageState{Exists: true, Type: kind}
	return nil
}

func (s *packageStore) FileContentHash(name string) ([]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.contents[name], nil
}

func (s *packageStore) UpdateContent(_ context.Context, name string, data io.Reader, hash, _ []byte) error {
	if _, err := io.Copy(io.Discard, data); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.contents[name] = hash
	return nil
}

func (s *packageStore) DeletePackage(name string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.states, name)
	delete(s.contents, name)
	return nil
}

func (s *packageStore) LastReportedStatuses() (*protobufs.PackageStatuses, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.statuses, nil
}

func (s *packageStore) SetLastReportedStatuses(statuses *protobufs.PackageStatuses) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.statuses = statuses
	return nil
}
