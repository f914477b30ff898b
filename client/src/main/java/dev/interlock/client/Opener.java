package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.util.List;

/** Asks providers for all that they have of one small object. */
interface Opener {
    /** Those of these that are to be asked, the best first. */
    List<Provider> ranked(List<Provider> providers);

    /** The caller's to close. */
    OpenAnswer ask(NodeCard node);

    /** By a request for this object. */
    static Opener alone(RingClient client, ObjectId object) {
        return new Opener() {
            @Override
            public List<Provider> ranked(List<Provider> providers) {
                return worthAsking(client, providers);
            }

            @Override
            public OpenAnswer ask(NodeCard node) {
                return client.watched(node, () -> {
                    String path = "/v1/objects/" + object + "/open";
                    try (RecordReader in = client.open(node, path, Operation.OPEN, object.toString())) {
                        return OpenAnswer.read(in);
                    } catch (IOException e) {
                        throw client.peer(node).broken(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw client.peer(node).broken(e);
                    }
                });
            }
        };
    }

    /** Those that the record speaks for, the best first. */
    static List<Provider> worthAsking(RingClient client, List<Provider> providers) {
        ProviderRecord record = client.record();
        return record.ranked(providers).stream()
                .filter(provider -> record.worthAsking(provider.name()))
                .toList();
    }
}
