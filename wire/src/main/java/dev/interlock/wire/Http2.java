package dev.interlock.wire;

/** The HTTP/2 settings of both ends. */
public final class Http2 {
    /** Far above the stream window: with one as small as the other, a stalled stream would starve its siblings. */
    public static final int CONNECTION_WINDOW_BYTES = 64 << 20;

    public static final int STREAM_WINDOW_BYTES = 1 << 20;
    public static final int MAX_FRAME_BYTES = 64 << 10;

    private Http2() {}
}
