package dev.interlock.core.signature;

import java.nio.charset.StandardCharsets;

/** What a signature is for. Its label goes before the message, so that no signature serves a second purpose. */
public enum Purpose {
    RING_DESCRIPTOR("interlock/v1/ring-descriptor"),
    NODE_CARD("interlock/v1/node-card"),
    CLIENT_REQUEST("interlock/v1/client-request"),
    DESTROY_NOTICE("interlock/v1/destroy-notice"),
    CLAIM("interlock/v1/claim"),
    SHARE_ROOT("interlock/v1/share-root"),
    TOKEN_CHAIN("interlock/v1/token-chain"),
    RECEIPT("interlock/v1/receipt"),
    HOLDING("interlock/v1/holding"),
    LOG_HEAD("interlock/v1/log-head");

    private final String label;

    Purpose(String label) {
        this.label = label;
    }

    byte[] prefixed(byte[] message) {
        byte[] ascii = label.getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[1 + ascii.length + message.length];
        all[0] = (byte) ascii.length;
        System.arraycopy(ascii, 0, all, 1, ascii.length);
        System.arraycopy(message, 0, all, 1 + ascii.length, message.length);
        return all;
    }
}
