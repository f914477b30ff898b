package dev.interlock.node.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.ChannelRequest;
import dev.interlock.protocol.request.Operation;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which channels serve, for how long, and for whom. */
final class ChannelsTest {
    private static final RingId RING = new RingId(1, 2);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final SigningKey NODE = key();

    private long now = 1_000_000;
    private final Channels channels = new Channels("cc1", new Allowance.Limit(64, 100));

    private static SigningKey key() {
        return new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, RANDOM));
    }

    /** The client's end. */
    private Channel open(SigningKey user) {
        try (Channel.Offer offer = new Channel.Offer(RANDOM)) {
            Channel.Opened opened = Channel.open(RING, "cc1", NODE, user.verifyingKey(), offer.publicKey(), RANDOM);
            channels.add(opened.channel(), now);
            return offer.accept(RING, "cc1", NODE.verifyingKey(), user.verifyingKey(), opened.answer());
        }
    }

    private void ask(Channel by, long sequence) {
        String header = by.request(sequence, 1, Operation.INFO, "", new byte[0]);
        ChannelRequest request = channels.verify(header, now);
        channels.use(request, now);
    }

    private void refused(Rule rule, Channel by, long sequence) {
        assertThatThrownBy(() -> ask(by, sequence))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.rule()).isEqualTo(rule));
    }

    @Test
    void aRequestServesOnce() {
        Channel channel = open(key());
        ask(channel, 0);
        refused(Rule.REPLAYED, channel, 0);
        ask(channel, 5);
        ask(channel, 1);
        refused(Rule.REPLAYED, channel, 5);
        refused(Rule.REPLAYED, channel, 1);
        ask(channel, 5 + SequenceWindow.BITS);
        // It may have been made before: that can't be told any more, and a signed one can be made.
        refused(Rule.UNKNOWN_CHANNEL, channel, 4);
        refused(Rule.UNKNOWN_CHANNEL, channel, Long.MAX_VALUE);
        refused(Rule.REPLAYED, channel, 5 + SequenceWindow.BITS);
    }

    @Test
    void theWindowTellsWhatWasThere() {
        Random random = new Random(3);
        for (int run = 0; run < 50; run++) {
            SequenceWindow window = new SequenceWindow();
            Set<Long> taken = new HashSet<>();
            long highest = -1;
            for (int i = 0; i < 3000; i++) {
                long number = Math.max(0, highest + random.nextInt(-1200, random.nextInt(2, 1500)));
                SequenceWindow.Taken said = window.take(number);
                SequenceWindow.Taken right = number < highest + 1 - SequenceWindow.BITS
                        ? SequenceWindow.Taken.TOO_OLD
                        : taken.add(number) ? SequenceWindow.Taken.NEW : SequenceWindow.Taken.SEEN;
                assertThat(said).as("number %s, highest %s", number, highest).isEqualTo(right);
                highest = Math.max(highest, number);
            }
        }
    }

    @Test
    void aChannelEndsByItself() {
        Channel used = open(key());
        Channel unused = open(key());
        long idle = Channels.IDLE.toMillis();
        for (long sequence = 0; sequence * (idle - 1) < Channel.LIFETIME.toMillis() - idle; sequence++) {
            now += idle - 1;
            ask(used, sequence);
        }
        refused(Rule.UNKNOWN_CHANNEL, unused, 0);
        now += idle - 1;
        refused(Rule.UNKNOWN_CHANNEL, used, 100);
        channels.sweep(now);
        assertThat(channels.size()).isZero();
    }

    @Test
    void anotherProcessKnowsNone() {
        Channel channel = open(key());
        try (Channels afterRestart = new Channels("cc1", new Allowance.Limit(64, 100))) {
            String header = channel.request(0, 1, Operation.INFO, "", new byte[0]);
            assertThatThrownBy(() -> afterRestart.verify(header, now))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("cc1 refuses the request: it has no such channel, or not any more; sign the request");
        }
    }

    @Test
    void tenThousandOfOneUserCostNobodyElseOne() {
        Channel anothers = open(key());
        SigningKey greedy = key();
        Channel first = open(greedy);
        Channel last = first;
        for (int i = 0; i < 10_000; i++) {
            last = open(greedy);
        }
        assertThat(channels.size()).isEqualTo(65);
        ask(anothers, 0);
        ask(last, 0);
        refused(Rule.UNKNOWN_CHANNEL, first, 0);
    }

    @Test
    void whatIsUsedOutlastsWhatIsNot() {
        SigningKey user = key();
        Channel used = open(user);
        Channel unused = open(user);
        for (int i = 0; i < 63; i++) {
            ask(used, i);
            open(user);
        }
        ask(used, 63);
        refused(Rule.UNKNOWN_CHANNEL, unused, 0);
    }

    @Test
    void whereAllAreTakenWhoHasTheMostGivesWay() {
        SigningKey many = key();
        Channel oldest = open(many);
        for (int i = 0; i < 40; i++) {
            open(many);
        }
        for (int i = 0; i < 100 - 41; i++) {
            open(key());
        }
        assertThat(channels.size()).isEqualTo(100);
        Channel newcomer = open(key());
        ask(newcomer, 0);
        refused(Rule.UNKNOWN_CHANNEL, oldest, 0);
        assertThat(channels.size()).isEqualTo(100);
    }
}
