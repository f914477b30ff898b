package dev.interlock.core.signature;

import java.nio.charset.StandardCharsets;

/** What a signature is for. Its label goes before the message, so that no signature serves a second purpose. */
public enum Purpose {
    RING_DESCRIPTOR("interlock/v1/ring-descriptor"),
    NODE_CARD("interlock/v1/node-card"),
    CLIENT_REQUEST("interlock/v1/client-request"),
    CHANNEL("interlock/v1/channel"),
    STATEMENT("interlock/v1/statement"),
    OWNER_COMMAND("interlock/v1/owner-command"),
    COMMAND("interlock/v1/command"),
    HANDOVER("interlock/v1/handover"),
    ACCEPTANCE("interlock/v1/acceptance"),
    CLAIM("interlock/v1/claim"),
    SHARE_ROOTS("interlock/v1/share-roots"),
    SUM_ROOT("interlock/v1/sum-root"),
    PARTICIPATION("interlock/v1/participation"),
    CERTIFICATE("interlock/v1/certificate"),
    ABANDONMENT("interlock/v1/abandonment"),
    NO_CERTIFICATE("interlock/v1/no-certificate"),
    RECEIPT("interlock/v1/receipt"),
    HOLDING("interlock/v1/holding"),
    LOG_HEAD("interlock/v1/log-head"),
    NAME_ENTRY("interlock/v1/name-entry"),
    LOGIN_RECORD("interlock/v1/login-record"),
    LOGIN_HELD("interlock/v1/login-held"),
    LOGIN_SUCCESS("interlock/v1/login-success"),
    LOGIN_CHANGE("interlock/v1/login-change"),
    LOGIN_SUCCESSION("interlock/v1/login-succession");

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
