package dev.interlock.node.provider;

import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.SessionReport;
import org.jspecify.annotations.Nullable;

/** How far one station came. */
final class Progress {
    private final int place;
    private SessionReport.Progress state = SessionReport.Progress.WAITING;
    private long bytes;
    private @Nullable Problem problem;

    Progress(int place) {
        this.place = place;
    }

    /** @return false when the station has begun before: it works once */
    synchronized boolean begin() {
        if (state != SessionReport.Progress.WAITING) {
            return false;
        }
        state = SessionReport.Progress.RUNNING;
        return true;
    }

    synchronized void passed(long total) {
        bytes = total;
    }

    synchronized void done() {
        state = SessionReport.Progress.DONE;
    }

    synchronized void fail(String node, InterlockException e) {
        if (state != SessionReport.Progress.DONE && state != SessionReport.Progress.FAILED) {
            state = SessionReport.Progress.FAILED;
            problem = Problem.of(node, e);
        }
    }

    synchronized SessionReport.At report() {
        return new SessionReport.At(place, state, bytes, problem);
    }
}
