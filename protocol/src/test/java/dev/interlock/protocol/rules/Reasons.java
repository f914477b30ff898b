package dev.interlock.protocol.rules;

import java.util.Map;

/** Why no test can notice that a refusal was taken out: what else refuses the same. */
final class Reasons {
    /** By class, method and what is refused. */
    static final Map<String, String> OF = Map.ofEntries();

    private Reasons() {}
}
