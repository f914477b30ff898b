package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Passage;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import java.util.Arrays;
import java.util.List;

/**
 * Finds who is at fault when homes signed for different ciphertexts. In an attested write each of them signed for what it handed
 * on to the next one, too, which shows it: so two signatures of one home contradict each other, or the next home stored
 * something else than it received.
 */
final class CiphertextInquest {
    private final RingClient client;
    private final Write.Plan plan;
    private final SignatureChain chain;

    /** @param chain whose signatures hold */
    CiphertextInquest(RingClient client, Write.Plan plan, SignatureChain chain) {
        this.client = client;
        this.plan = plan;
        this.chain = chain;
    }

    /** With the culprit, where it can be named. */
    IntegrityException verdict() throws InterruptedException {
        List<Station> homes =
                Passage.stations(plan).stream().filter(Station::stored).toList();
        for (int i = 1; plan.attested() && i < homes.size(); i++) {
            Station by = homes.get(i - 1);
            Station next = homes.get(i);
            try {
                byte[] handedOn = ReceivedStream.root(client, plan, by, next);
                if (!Arrays.equals(handedOn, root(by.provider()))) {
                    return found(name(by) + " signed for another ciphertext than the one that it handed on", by);
                }
                if (!Arrays.equals(handedOn, root(next.provider()))) {
                    return found(name(next) + " signed for another ciphertext than the one that it received", next);
                }
            } catch (ReceivedStream.UnsignedException e) {
                return found(
                        name(next) + " took from " + name(by) + " what it doesn't show under that one's signature",
                        next);
            } catch (InterlockException e) {
                return new IntegrityException(
                        failed(different() + ", and " + name(next) + " doesn't show what it received: "
                                + e.explanation()),
                        List.of());
            }
        }
        return new IntegrityException(failed(different() + ": one of them changed it"), List.of());
    }

    private byte[] root(ShareIndex home) {
        return chain.participations()
                .get(plan.path().indexOf(home))
                .ciphertextRoot()
                .orElse(new byte[0]);
    }

    private String different() {
        return "its homes ("
                + String.join(
                        ", ",
                        plan.homes().stream()
                                .map(x -> client.ring().provider(x).name())
                                .toList())
                + ") signed for different ciphertexts";
    }

    private String name(Station station) {
        return client.ring().provider(station.provider()).name();
    }

    private IntegrityException found(String what, Station culprit) {
        return new IntegrityException(failed(what), List.of(name(culprit)));
    }

    private String failed(String what) {
        return "the put of " + plan.object() + " failed its check: " + what + ". Nothing was stored";
    }
}
