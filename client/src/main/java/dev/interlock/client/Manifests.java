package dev.interlock.client;

import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The chunk leaves of a generation, which each of its providers keeps; checked against the token. */
final class Manifests {
    private Manifests() {}

    /** @throws IntegrityException naming the provider, unless it is the one that the token commits to */
    static byte[] of(RingClient client, Token token, Provider from) {
        String w = token.id().toString();
        byte[] manifest = client.get(from.card(), "/v1/objects/" + w + "/manifest", Operation.MANIFEST, w);
        try {
            Write.checkManifest(token, manifest);
        } catch (IllegalArgumentException e) {
            throw new IntegrityException(from.name() + ": " + e.getMessage(), List.of(from.name()));
        }
        return manifest;
    }

    /** From the first of these who gives it. */
    static byte[] ofAny(RingClient client, Token token, List<Provider> candidates) {
        Map<String, String> absent = new LinkedHashMap<>();
        for (Provider provider : candidates) {
            try {
                return of(client, token, provider);
            } catch (InterlockException e) {
                absent.put(provider.name(), e.explanation());
            }
        }
        throw new TooFewProvidersException("a get of the manifest", 1, 0, absent);
    }
}
