package org.example.jobs;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/**
 * Runs jobs at their times. It knows no time zones.
 */
public final class Scheduler<T extends Comparable<T>> implements AutoCloseable {
    private static final Duration SHORTEST = Duration.ofMillis(50);
    private static final char QUOTE = '"';

    private final ScheduledExecutorService executor;
    private final List<Job<T>> jobs = new ArrayList<>();
    private int failures;

    static {
        System.setProperty("scheduler.started", "true");
    }

    public Scheduler(ScheduledExecutorService executor) {
        this.executor = Objects.requireNonNull(executor);
    }

    /** Adds a job that runs again and again. */
    public Job<T> every(Duration pause, Supplier<T> work) {
        if (pause.compareTo(SHORTEST) < 0) {
            throw new IllegalArgumentException("shorter than " + SHORTEST + QUOTE);
        }
        Job<T> job = new Job<>(pause, work);
        jobs.add(job);
        return job;
    }

    @Override
    public void close() {
        for (Job<T> job : jobs) {
            job.cancel();
        }
        executor.shutdownNow();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private T best(List<T> results) {
        T best = null;
        for (T result : results) {
            if (best == null || result.compareTo(best) > 0) {
                best = result;
            }
        }
        return best;
    }

    public interface Listener {
        void finished(String name, Instant when);

        default void failed(String name, Exception error) {
            System.err.println(name + ": " + error.getMessage());
        }
    }

    public enum State {
        WAITING("w") {
            @Override
            boolean isOpen() {
                return true;
            }
        },
        DONE("d");

        private final String letter;

        State(String letter) {
            this.letter = letter;
        }

        boolean isOpen() {
            return false;
        }
    }

    public static final class Job<R> {
        private final Duration pause;
        private final Supplier<R> work;
        private State state = State.WAITING;

        Job(Duration pause, Supplier<R> work) {
            this.pause = pause;
            this.work = work;
        }

        void cancel() {
            state = State.DONE;
        }
    }
}

record Run(String name, Instant when) {
    Run {
        Objects.requireNonNull(name);
    }
}
