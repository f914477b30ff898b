package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.node.NodeServer;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What the other providers show of a name. A record that counts proves itself; so what one provider asks of the others is only
 * whether there is one that it doesn't know.
 */
final class OtherProviders implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final NodeServer server;
    private final Provider self;
    /** As anybody: who left the ring doesn't know who came later. */
    private final Peers peers;

    OtherProviders(NodeServer server, Provider self) {
        this.server = server;
        this.self = self;
        this.peers = new Peers(Optional.empty(), server.deadlines());
    }

    /**
     * What was shown.
     *
     * @param records that count, of whatever epoch
     * @param answered who showed something, or that there is nothing
     */
    record Said(List<CertifiedRecord> records, List<String> answered) {}

    /** Asks the ring's other providers as they are now. */
    Said present(UserName name) throws InterruptedException {
        return ask(name, cards(server.ring()));
    }

    /**
     * Where too few of an earlier epoch's providers are in the ring still to speak for that epoch, asks those that left it.
     *
     * @return those records, and the epochs of which t didn't answer
     */
    Earlier earlier(UserName name) throws InterruptedException {
        RingDescriptor ring = server.ring();
        List<CertifiedRecord> records = new ArrayList<>();
        List<Integer> silent = new ArrayList<>();
        for (RingDescriptor epoch : ring.epochs()) {
            List<NodeCard> left = cards(epoch).stream()
                    .filter(card -> ring.provider(card.name()).isEmpty())
                    .toList();
            int staying = epoch.providers().size() - left.size();
            int t = epoch.threshold().t();
            if (epoch.epoch() >= ring.epoch() || staying >= t) {
                continue;
            }
            Said said = ask(name, left);
            records.addAll(said.records());
            if (staying + said.answered().size() < t) {
                silent.add(epoch.epoch());
            }
        }
        return new Earlier(records, silent);
    }

    /** What was shown of earlier epochs. */
    record Earlier(List<CertifiedRecord> records, List<Integer> silent) {}

    private List<NodeCard> cards(RingDescriptor ring) {
        return ring.providers().stream()
                .filter(provider -> !provider.name().equals(self.name()))
                .map(Provider::card)
                .toList();
    }

    private Said ask(UserName name, List<NodeCard> nodes) throws InterruptedException {
        Map<String, Optional<CertifiedRecord>> answers = new ConcurrentHashMap<>();
        CountDownLatch left = new CountDownLatch(nodes.size());
        for (NodeCard node : nodes) {
            server.threads().execute(() -> {
                try {
                    byte[] answer = peers.to(node)
                            .call(
                                    HttpMethod.GET,
                                    "/v1/logins/" + name + "/record",
                                    Optional.empty(),
                                    new byte[0],
                                    PATIENCE);
                    answers.put(
                            node.name(),
                            Messages.Shown.decode(server.ring(), name, answer).certified());
                } catch (RuntimeException e) {
                    // Who is silent, or shows what doesn't hold, has not answered.
                } finally {
                    left.countDown();
                }
            });
        }
        var _ = left.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        Map<String, Optional<CertifiedRecord>> given = Map.copyOf(answers);
        return new Said(
                given.values().stream().flatMap(Optional::stream).distinct().toList(), List.copyOf(given.keySet()));
    }

    @Override
    public void close() {
        peers.close();
    }
}
