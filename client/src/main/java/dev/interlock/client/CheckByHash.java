package dev.interlock.client;

import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.CheckAnswer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** By {@link WriteCheck}: ρ leaves when all have signed, and their hashes come a round trip later. */
final class CheckByHash implements StoredCheck {
    private final RingClient client;
    private final Write.Plan plan;
    private final WriteCheck check;
    private final List<LinearHash> blindHashes;

    CheckByHash(RingClient client, Write.Plan plan) {
        this.client = client;
        this.plan = plan;
        this.check = new WriteCheck(client.random());
        this.blindHashes = plan.attested() && plan.blinding() == Blinding.FULL
                ? plan.path().stream().map(_ -> check.hash()).toList()
                : List.of();
    }

    @Override
    public void sending(MemorySegment piece) {
        check.sending(piece);
    }

    @Override
    public List<LinearHash> blindHashes() {
        return blindHashes;
    }

    @Override
    public SignatureChain sign(WriteSteps steps, Token token, byte[] manifest, Runnable why)
            throws InterruptedException {
        return steps.sign(token, manifest, why);
    }

    @Override
    public Optional<IntegrityException> verify(WriteSteps steps, Token token, SignatureChain chain)
            throws InterruptedException {
        Optional<IntegrityException> changed = checkCiphertexts(steps, token, chain);
        if (changed.isPresent()) {
            return changed;
        }
        steps.checkChain(token, chain);
        return checkStored(steps, chain);
    }

    /** Homes that signed for different ciphertexts: what one of them stored was changed on its way, or by itself. */
    private Optional<IntegrityException> checkCiphertexts(WriteSteps steps, Token token, SignatureChain chain)
            throws InterruptedException {
        if (steps.ofOneCiphertext(chain)) {
            return Optional.empty();
        }
        if (steps.wrongSigner(chain).isPresent()) {
            steps.checkChain(token, chain);
        }
        IntegrityException found = new CiphertextInquest(client, plan, chain).verdict();
        if (!found.culprits().isEmpty()) {
            throw found;
        }
        return Optional.of(found);
    }

    private Optional<IntegrityException> checkStored(WriteSteps steps, SignatureChain chain)
            throws InterruptedException {
        Map<ShareIndex, CheckAnswer> answers = steps.check(check.reveal());
        try {
            check.verify(plan, answers);
            return Optional.empty();
        } catch (IntegrityException e) {
            if (!e.culprits().isEmpty()) {
                throw e;
            }
            Inquest inquest = new Inquest(client, plan, check, chain, answers, blindHashes);
            IntegrityException verdict = inquest.verdict(e);
            if (inquest.changedOnTheWay()) {
                return Optional.of(verdict);
            }
            throw verdict;
        }
    }

    @Override
    public void close() {
        blindHashes.forEach(LinearHash::close);
        check.close();
    }
}
