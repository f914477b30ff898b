package dev.interlock.client;

import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.ValueCheck;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** By {@link ValueCheck}: what the providers stored comes with their signatures, and nothing is asked any more. */
final class CheckByValue implements StoredCheck {
    private final RingClient client;
    private final Write.Plan plan;
    private final ValueCheck check;
    private final Map<ShareIndex, OpenAnswer> answers = new LinkedHashMap<>();

    CheckByValue(RingClient client, Write.Plan plan) {
        this.client = client;
        this.plan = plan;
        this.check = new ValueCheck(plan, FieldKernels.chosen());
    }

    @Override
    public void sending(MemorySegment piece) {
        check.sending(piece);
    }

    @Override
    public SignatureChain sign(WriteSteps steps, Token token, byte[] manifest, Runnable why)
            throws InterruptedException {
        return steps.signWithValues(token, manifest, why, answers);
    }

    @Override
    public Optional<IntegrityException> verify(WriteSteps steps, Token token, SignatureChain chain)
            throws InterruptedException {
        boolean ofOne = steps.ofOneCiphertext(chain);
        if (ofOne || steps.wrongSigner(chain).isPresent()) {
            steps.checkChain(token, chain);
        }
        // Homes that signed for different ciphertexts have them here: one of these, or each, isn't the right one.
        Map<ShareIndex, ValueCheck.Stored> stored = new LinkedHashMap<>();
        answers.forEach((x, answer) -> stored.put(
                x,
                new ValueCheck.Stored(
                        answer.share().segment(), answer.ciphertext().segment())));
        List<ValueCheck.Unbound> unbound = check.unbound(chain, stored);
        if (!unbound.isEmpty()) {
            if (ofOne) {
                for (ValueCheck.Unbound each : unbound) {
                    askForEvidence(chain, each);
                }
            }
            throw check.found(unbound);
        }
        return check.verify(stored);
    }

    /** U knows who it was; what it gives once more, it gives under its signature, which others can hold against it. */
    private void askForEvidence(SignatureChain chain, ValueCheck.Unbound lie) throws InterruptedException {
        try (PartStream stream = PartStream.open(
                client,
                PartStream.What.ofSession(plan, lie.part()),
                client.ring().provider(lie.x()),
                Direct.promise(chain, lie.part(), lie.x()),
                0)) {
            var _ = stream.chunk();
        } catch (PartStream.LieException e) {
            client.accuse(e.evidence());
        } catch (InterlockException e) {
            // It is named all the same.
        }
    }

    @Override
    public void close() {
        answers.values().forEach(OpenAnswer::close);
        answers.clear();
        check.close();
    }
}
