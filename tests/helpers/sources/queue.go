// Package queue runs jobs with a bounded number of workers.
package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	defaultWorkers = 4
	retryDelay     = 250 * time.Millisecond
)

// ErrClosed says that nothing more is taken.
var ErrClosed = errors.New("queue: closed")

// Job is one piece of work.
type Job struct {
	ID      string
	Payload []byte
	tries   int
}

// Handler does a job.
type Handler interface {
	Handle(ctx context.Context, job *Job) error
}

type (
	// HandlerFunc makes a Handler of a function.
	HandlerFunc func(ctx context.Context, job *Job) error
	stats       map[string]int
)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, job *Job) error {
	return f(ctx, job)
}

// Queue holds jobs until a worker is free.
type Queue[T Handler] struct {
	mu      sync.Mutex
	jobs    chan *Job
	handler T
	counts  stats
	closed  bool
}

// New makes a queue with room for size jobs.
func New[T Handler](handler T, size int) *Queue[T] {
	return &Queue[T]{
		jobs:    make(chan *Job, size),
		handler: handler,
		counts:  stats{},
	}
}

// Push adds a job; it fails when the queue is full or closed.
func (q *Queue[T]) Push(job *Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	select {
	case q.jobs <- job:
		q.counts["pushed"]++
		return nil
	default:
		return fmt.Errorf("queue: no room for %q", job.ID)
	}
}

// Run works until ctx ends.
func (q *Queue[T]) Run(ctx context.Context) {
	var group sync.WaitGroup
	for n := 0; n < defaultWorkers; n++ {
		group.Add(1)
		go func() {
			defer group.Done()
			q.work(ctx)
		}()
	}
	group.Wait()
}

func (q *Queue[T]) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case job, ok := <-q.jobs:
			if !ok {
				return
			}
			if err := q.handler.Handle(ctx, job); err != nil {
				q.retry(job)
			}
		}
	}
}

func (q *Queue[T]) retry(job *Job) {
	job.tries++
	time.AfterFunc(retryDelay, func() { _ = q.Push(job) })
}
