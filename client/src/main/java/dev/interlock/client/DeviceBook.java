package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameReading;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The devices that have logged in as a user (SPEC §17), kept as their names are: sealed, at all providers, so that any device sees all
 * of them, and brings what one was told about another to a provider that was away. Safe for use by several threads and devices.
 *
 * <p>A change counts where one provider has it: it is read back and brought on by whoever comes next. Until enough have it (SPEC §16,
 * <i>settled</i>), those that lie can show what was before; that costs a guess allowance, and no secret.
 */
public final class DeviceBook {
    private static final byte[] NO_BODY = {};

    private final RingClient client;

    DeviceBook(RingClient client) {
        this.client = client;
    }

    /** @throws TooFewProvidersException where fewer answer than it takes to be sure */
    public List<NameContent.Device> list() throws InterruptedException {
        return change(UnaryOperator.identity()).devices();
    }

    /**
     * Notes a device that has logged in. One that was forgotten is the user's again: it had the password.
     *
     * @param secret the caller closes it
     * @param label cut off where it is too long
     */
    public void note(SecretBytes secret, String label) throws InterruptedException {
        byte[] bytes = secret.copyToHeap();
        String most = label.codePoints()
                .limit(NameContent.Device.MOST_LABEL_BYTES / 4)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        long now = client.clock().millis();
        NameContent.Devices _ = change(before ->
                before.find(bytes).filter(device -> !device.forgotten()).isPresent()
                        ? before
                        : before.with(new NameContent.Device(bytes, most, now, false, List.of())));
    }

    /** Notes that these are to be forgotten: from then on every device of the user's tells the providers that may not know. */
    public void forget(List<NameContent.Device> forgotten) throws InterruptedException {
        List<ShareIndex> all =
                client.ring().providers().stream().map(Provider::x).toList();
        NameContent.Devices _ = change(before -> {
            NameContent.Devices after = before;
            for (NameContent.Device device : forgotten) {
                Optional<NameContent.Device> there = after.find(device.secret());
                if (there.isPresent() && !there.get().forgotten()) {
                    after = after.with(there.get().forgotten(all));
                }
            }
            return after;
        });
    }

    /**
     * Tells each provider of the devices that it may not know to be forgotten; those of which all know are gone from the book.
     *
     * @return why some may still know one, by provider
     */
    public Map<String, String> tell(UserName user) throws InterruptedException {
        List<NameContent.Device> forgotten =
                list().stream().filter(NameContent.Device::forgotten).toList();
        Map<String, String> failed = new LinkedHashMap<>();
        if (forgotten.isEmpty()) {
            return failed;
        }
        Map<ShareIndex, List<NameContent.Device>> told = new LinkedHashMap<>();
        for (RingClient.Answer<Integer> answer : client.askAll(cards(), node -> tell(user, node, forgotten))) {
            switch (answer) {
                case RingClient.Value<Integer>(NodeCard node, Integer _) -> told.put(x(node), forgotten);
                case RingClient.Failure<Integer>(NodeCard node, var error) ->
                    failed.put(node.name(), error.explanation());
            }
        }
        NameContent.Devices _ = change(before -> {
            NameContent.Devices after = before;
            for (NameContent.Device device : forgotten) {
                Optional<NameContent.Device> there = after.find(device.secret()).filter(NameContent.Device::forgotten);
                if (there.isPresent()) {
                    List<ShareIndex> left = there.get().untold().stream()
                            .filter(x -> !told.containsKey(x))
                            // Who has left the ring answers no login.
                            .filter(x -> client.ring().providers().stream()
                                    .anyMatch(provider -> provider.x().equals(x)))
                            .toList();
                    after = left.isEmpty()
                            ? after.without(there.get())
                            : after.with(there.get().forgotten(left));
                }
            }
            return after;
        });
        return failed;
    }

    private int tell(UserName user, NodeCard node, List<NameContent.Device> forgotten) {
        int count = 0;
        for (NameContent.Device device : forgotten) {
            if (device.untold().contains(x(node))) {
                forget(user, node, key(device, node.name()));
                count++;
            }
        }
        return count;
    }

    /** Has one provider forget the device that it knows by a key. */
    public void forget(UserName user, String node, VerifyingKey key) {
        cards().stream().filter(card -> card.name().equals(node)).forEach(card -> forget(user, card, key));
    }

    private void forget(UserName user, NodeCard node, VerifyingKey key) {
        String text = key.toString().substring("ed25519:".length());
        byte[] _ = client.call(
                node,
                HttpMethod.DELETE,
                "/v1/logins/" + user + "/devices/" + text,
                Operation.DEVICES,
                user.text() + "/" + text,
                NO_BODY);
    }

    /** By which a provider knows a device. */
    public VerifyingKey key(NameContent.Device device, String node) {
        try (SeedCredential credential = new SeedCredential(SecretBytes.copyOf(device.secret()))) {
            return credential.publicKey(client.ring().id(), node);
        }
    }

    private List<NodeCard> cards() {
        return client.ring().providers().stream().map(Provider::card).toList();
    }

    private ShareIndex x(NodeCard node) {
        return client.ring().provider(node.name()).orElseThrow().x();
    }

    private NameContent.Devices change(UnaryOperator<NameContent.Devices> change) throws InterruptedException {
        try (var keys = client.nameKeys()) {
            NameRegister register = new NameRegister(client, keys);
            NameRegister.Read read = register.read(keys.devicesTag());
            NameContent.Devices before = devices(read.latest());
            NameContent.Devices after = change.apply(before);
            if (after.equals(before)) {
                return before;
            }
            NameRegister.Changed<NameContent.Devices> changed = register.change(
                            after,
                            read.latest().map(NameReading.Latest::head),
                            each -> devices(Optional.of(each)),
                            NameContent.Devices::merged,
                            NameContent.Devices::equals)
                    .orElseThrow(() -> new UnsettledException(
                            "the list of devices wasn't changed: " + NameRegister.TRIES
                                    + " times another device changed it meanwhile; repeat it",
                            List.of(),
                            new Advice.ListDevices()));
            require(register, changed.written());
            return changed.content();
        }
    }

    private static NameContent.Devices devices(Optional<NameReading.Latest> latest) {
        return latest.map(NameReading.Latest::content)
                .filter(NameContent.Devices.class::isInstance)
                .map(NameContent.Devices.class::cast)
                .orElse(NameContent.Devices.NONE);
    }

    private static void require(NameRegister register, NameRegister.Written written) {
        if (written.confirmed().isEmpty()) {
            Map<String, String> why = new LinkedHashMap<>();
            written.failures().forEach((node, error) -> why.put(node, error.explanation()));
            throw new TooFewProvidersException(
                    "changing the list of devices", register.quorum().write(), 0, why);
        }
    }
}
