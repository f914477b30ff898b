package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was heard, read or checked of one provider spares no other one a check. */
final class WitnessesTest {
    private final MadeByHand hand = new MadeByHand();
    private final Certified put = hand.put();
    private final RingClient client = client(hand.credential());
    private final Witnesses witnesses = new Witnesses(client, put.token().object());

    private RingClient client(Credential credential) {
        Clock clock = Clock.systemUTC();
        Peers peers = new Peers(Optional.empty(), Deadlines.DEFAULT);
        return new RingClient(
                hand.ring(),
                credential,
                peers,
                peers::close,
                new ProviderRecord(ProviderRecord.State.EMPTY, clock),
                new SecureRandom(),
                clock);
    }

    @AfterEach
    void close() {
        client.close();
        hand.close();
    }

    private NodeCard cc(int x) {
        return hand.ring().provider(x).card();
    }

    private static byte[] says(ObjectState state, byte[] certificate) {
        return Json.write(new ObjectInfo(state, certificate, List.of(), null, null, null, null, null));
    }

    @Test
    void theSameWordsAreEachProvidersOwn() {
        byte[] answer = says(ObjectState.COMMITTED, put.certificate().encode());
        for (int x = 1; x <= 3; x++) {
            Held held = witnesses.heard(cc(x), answer.clone());
            assertThat(held.provider().x().x()).isEqualTo(x);
            assertThat(held.has(put)).isTrue();
        }
        byte[] wrong = says(ObjectState.COMMITTED, null);
        for (int x = 1; x <= 3; x++) {
            String name = cc(x).name();
            assertThatThrownBy(() -> witnesses.heard(cc(name), wrong.clone()))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).containsExactly(name));
        }
    }

    private NodeCard cc(String name) {
        return hand.ring().provider(name).orElseThrow().card();
    }

    /** Wherever a liar changes what others said honestly before it. */
    @Test
    void anyOtherByteIsHeardAnew() {
        byte[] certificate = put.certificate().encode();
        byte[] honest = says(ObjectState.COMMITTED, certificate);
        for (int at = 0; at < certificate.length; at += 7) {
            assertThat(witnesses.heard(cc(1), honest).has(put)).isTrue();
            byte[] other = certificate.clone();
            other[at] ^= 0x20;
            byte[] lie = says(ObjectState.COMMITTED, other);
            assertThat(lie).hasSameSizeAs(honest);
            assertThatThrownBy(() -> witnesses.heard(cc(2), lie))
                    .isInstanceOfAny(InterlockException.class, MalformedException.class);
        }
        assertThat(witnesses.heard(cc(3), honest).has(put)).isTrue();
        // In the form of what was heard, too.
        byte[] unread = honest.clone();
        unread[honest.length - 1] = '{';
        assertThatThrownBy(() -> witnesses.heard(cc(2), unread)).isInstanceOf(MalformedException.class);
    }

    @Test
    void whatIsOneUsersIsNotAnothers() {
        byte[] answer = says(ObjectState.COMMITTED, put.certificate().encode());
        assertThat(witnesses.heard(cc(1), answer).has(put)).isTrue();
        SecretBytes seed = SecretBytes.random(SeedCredential.SEED_BYTES, new SecureRandom());
        try (RingClient other = client(new SeedCredential(seed))) {
            Witnesses theirs = new Witnesses(other, put.token().object());
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> theirs.heard(cc(1), answer)).isInstanceOf(RefusedException.class);
            }
        }
    }
}
