package dev.interlock.client;

import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** U's check of what the providers of a put stored, from the first byte that it sends to the last answer. */
interface StoredCheck extends AutoCloseable {
    /** By value where the providers answer so, else by hash. */
    static StoredCheck of(RingClient client, Write.Plan plan) {
        return plan.checkedByValue() ? new CheckByValue(client, plan) : new CheckByHash(client, plan);
    }

    /** The next piece of P ⊕ b_U (b_U is nothing but in protocol 2), before the blinds go on. */
    void sending(MemorySegment piece);

    /** H_ρ of every full B_i of an attested write, on the route's order: nothing else could tell them later. Else none. */
    default List<LinearHash> blindHashes() {
        return List.of();
    }

    /** Step 5, as {@link WriteSteps#sign}. */
    SignatureChain sign(WriteSteps steps, Token token, byte[] manifest, Runnable why) throws InterruptedException;

    /**
     * Step 6, after {@link #sign}: the signatures and what they are for.
     *
     * @return what was found where the stream was changed on its way, and nothing of it says by whom
     * @throws IntegrityException where something else is wrong; names who it was, where that can be told
     */
    Optional<IntegrityException> verify(WriteSteps steps, Token token, SignatureChain chain)
            throws InterruptedException;

    @Override
    void close();
}
