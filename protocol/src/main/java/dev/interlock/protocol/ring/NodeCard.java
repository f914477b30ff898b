package dev.interlock.protocol.ring;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.Json;
import java.net.URI;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a node tells the world: its card. Public, and signed with the key that it names, so that a ring is assembled from
 * cards alone.
 *
 * @param name lower-case letters, digits and hyphens, 1 to 32, a letter first
 * @param host of the address at which others reach it
 * @param tlsPin SHA-256 of the SubjectPublicKeyInfo of its TLS certificate: 64 hex digits
 * @param key with which it signs
 * @param sealing a provider's public key: what is to wait for it is sealed to that; a dealer has none
 */
public record NodeCard(
        Role role, String name, String host, int port, String tlsPin, VerifyingKey key, Optional<String> sealing) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final Pattern PIN = Pattern.compile("[0-9a-f]{64}");
    // Only its form: what it takes to read it is dear, and few ever do.
    private static final Pattern SEALING = Pattern.compile("x25519:[0-9a-f]{64}|xwing:[0-9a-f]{2432}");
    private static final String FORMAT = "interlock card 1";

    /** @throws MalformedException when a part isn't as described above */
    public NodeCard {
        checkName(name);
        if (!PIN.matcher(tlsPin).matches()) {
            throw new MalformedException("the TLS pin of " + name + " must be 64 digits of 0-9a-f");
        }
        if (port < 1 || port > 65535) {
            throw new MalformedException("the port " + port + " of " + name + " is outside 1..65535");
        }
        if (sealing.isPresent() != (role == Role.PROVIDER)
                || sealing.filter(text -> !SEALING.matcher(text).matches()).isPresent()) {
            throw new MalformedException("the sealing key of " + name
                    + " must be x25519: or xwing: and its hex digits, and a dealer has none");
        }
    }

    public static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new MalformedException(
                    "a node's name has 1 to 32 lower-case letters, digits and hyphens and starts with a letter");
        }
    }

    public String address() {
        return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
    }

    public byte[] pin() {
        return HexFormat.of().parseHex(tlsPin);
    }

    /**
     * What a provider is sent while it's away is sealed to this.
     *
     * @throws MalformedException unless it's a provider's, and a key
     */
    public RecipientKey recipient() {
        return RecipientKey.parse(
                sealing.orElseThrow(() -> new MalformedException(name + " is no provider and has no sealing key")));
    }

    /** @param address {@code host:port}, as an operator writes it; the card has it in its one spelling, {@link HostName} */
    public static NodeCard of(
            Role role, String name, String address, String tlsPin, VerifyingKey key, Optional<String> sealing) {
        NodeCard card = new Text(FORMAT, role, name, address, tlsPin, key.toString(), sealing.orElse(null)).checked();
        return card.at(HostName.canonical(card.host), card.port);
    }

    /** Whether this is the same node, at whatever address. */
    public boolean isSameNode(NodeCard other) {
        return at(other.host, other.port).equals(other);
    }

    private NodeCard at(String otherHost, int otherPort) {
        return new NodeCard(role, name, otherHost, otherPort, tlsPin, key, sealing);
    }

    /**
     * The same node at another address.
     *
     * @param address {@code host:port}
     */
    public NodeCard movedTo(String address) {
        return of(role, name, address, tlsPin, key, sealing);
    }

    /** The card as a file: JSON and the node's own signature. */
    public byte[] sign(SigningKey own) {
        if (!own.verifyingKey().equals(key)) {
            throw new IllegalArgumentException("the card of " + name + " names another key than the one that signs it");
        }
        return SignedDocument.sign(Purpose.NODE_CARD, Json.write(text()), own);
    }

    /** @throws MalformedException or BadSignatureException unless it's a whole card, signed by the key that it names */
    public static NodeCard open(byte[] document) {
        SignedDocument signed = SignedDocument.open("the card", Purpose.NODE_CARD, document);
        NodeCard card = Json.read("the card", signed.json(), Text.class).checked();
        if (!card.key().equals(signed.signer())) {
            throw new MalformedException("the card of " + card.name() + " is signed with another key than its own");
        }
        return card;
    }

    Text text() {
        return new Text(FORMAT, role, name, address(), tlsPin, key.toString(), sealing.orElse(null));
    }

    /** The card's JSON. */
    record Text(
            String format,
            Role role,
            String name,
            String address,
            String tlsPin,
            String key,
            @JsonSetter(nulls = Nulls.SET) @Nullable String sealing) {
        NodeCard checked() {
            if (!format.equals(FORMAT)) {
                throw new MalformedException("this is no \"" + FORMAT + "\"");
            }
            // First of all: errors quote it.
            checkName(name);
            URI uri;
            try {
                uri = URI.create("https://" + address);
            } catch (IllegalArgumentException e) {
                throw new MalformedException("the address of " + name + " must be host:port");
            }
            String host = uri.getHost();
            if (host == null || uri.getPort() < 0) {
                throw new MalformedException("the address of " + name + " must be host:port");
            }
            String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
            NodeCard card = new NodeCard(
                    role, name, bare, uri.getPort(), tlsPin, VerifyingKey.parse(key), Optional.ofNullable(sealing));
            // One spelling for one address: no user before it, no path behind it, no leading zero.
            if (!card.address().equals(address)) {
                throw new MalformedException("the address of " + name + " must be host:port");
            }
            return card;
        }
    }
}
