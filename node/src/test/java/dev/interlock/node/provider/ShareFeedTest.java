package dev.interlock.node.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.node.store.Blob;
import dev.interlock.wire.Inbound;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class ShareFeedTest {
    private static final Duration DEADLINE = Duration.ofMillis(640);
    private static final Duration LONG_DEADLINE = Duration.ofMillis(3200);
    private static final Duration PATIENT = Duration.ofSeconds(20);
    private static final int RECORD_BYTES = 100;
    private static final int RECORDS = 20;

    private final Stored blob = new Stored();
    private final ShareFeed feed = ShareFeed.arriving(blob);

    @Test
    void aHopThatKeepsUpReadsNothingBack() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            for (int k = 0; k < RECORDS; k++) {
                arrive(arrival, k);
                assertHolds(k);
            }
        }
        assertThat(blob.readBack).isEmpty();
        feed.close();
    }

    @Test
    void aHopThatLagsGetsEveryRecordAndHoldsNobodyUpForLong() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            for (int k = 0; k < RECORDS; k++) {
                // No hop comes meanwhile: were each to wait for one to the deadline, the test would take longer than it
                // may.
                arrive(arrival, k, LONG_DEADLINE);
            }
            feed.finished();
        }
        for (int k = 0; k < RECORDS; k++) {
            assertHolds(k);
        }
        assertThat(blob.readBack).isNotEmpty().doesNotContain(RECORDS - 1);
        feed.close();
    }

    @Test
    void aRecordThatIsHeldStaysWhileOthersArrive() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            arrive(arrival, 0);
            MemorySegment held = feed.hold(0, DEADLINE);
            for (int k = 1; k < RECORDS; k++) {
                arrive(arrival, k);
            }
            assertThat(held.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            assertHolds(1);
        }
    }

    @Test
    void waitsForARecordAndNoLongerThanTheDeadline() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            Thread late = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(50);
                    arrive(arrival, 0);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertHolds(0);
            late.join();
            assertThatThrownBy(() -> feed.hold(1, DEADLINE)).isInstanceOf(Inbound.StalledException.class);
        }
    }

    @Test
    void aShareThatFailsEndsTheHop() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            arrive(arrival, 0);
        }
        feed.fail(new IOException("the dealer broke off"));
        assertThatThrownBy(() -> feed.hold(1, DEADLINE)).hasMessageContaining("didn't arrive");
    }

    @Test
    void nothingIsHeldOnceTheSessionEnded() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            arrive(arrival, 0);
        }
        feed.abandon();
        assertThatThrownBy(() -> feed.hold(0, DEADLINE)).hasMessageContaining("ended");
    }

    @Test
    void whatTheHopHoldsOutlastsTheSession() throws Exception {
        try (ShareFeed.Arrival arrival = feed.arrival()) {
            arrive(arrival, 0);
            MemorySegment held = feed.hold(0, DEADLINE);
            feed.abandon();
            assertThat(held.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        }
        feed.close();
        assertThatThrownBy(() -> feed.hold(0, DEADLINE)).hasMessageContaining("ended");
    }

    private static void arrive(ShareFeed.Arrival arrival, int k) throws InterruptedException {
        arrive(arrival, k, DEADLINE);
    }

    private static void arrive(ShareFeed.Arrival arrival, int k, Duration deadline) throws InterruptedException {
        MemorySegment record = arrival.room(k, deadline);
        assertThat(record.byteSize()).isEqualTo(RECORD_BYTES);
        record.fill((byte) k);
        arrival.append(k, record);
    }

    private void assertHolds(int k) throws Exception {
        assertThat(feed.hold(k, PATIENT).toArray(ValueLayout.JAVA_BYTE))
                .hasSize(RECORD_BYTES)
                .containsOnly(k);
    }

    /** A blob in memory that notes what is read back. */
    private static final class Stored implements Blob {
        private final List<byte[]> records = new ArrayList<>();
        private final List<Integer> readBack = new ArrayList<>();

        @Override
        public synchronized void append(MemorySegment record) {
            records.add(record.toArray(ValueLayout.JAVA_BYTE));
        }

        @Override
        public synchronized int records() {
            return records.size();
        }

        @Override
        public int recordBytes(int k) {
            return RECORD_BYTES;
        }

        @Override
        public synchronized void read(int k, MemorySegment dst) {
            readBack.add(k);
            dst.copyFrom(MemorySegment.ofArray(records.get(k)));
        }

        @Override
        public void finish() {}

        @Override
        public void close() {}
    }
}
