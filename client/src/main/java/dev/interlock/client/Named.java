package dev.interlock.client;

import dev.interlock.protocol.names.NameContent;
import java.util.List;

/**
 * What a name stands for.
 *
 * @param versions from the oldest to the newest; none where the name isn't there, or was removed
 * @param settled whether so many providers hold this that every later reading shows it, or something later
 * @param wrong the providers that showed something that the user never made
 */
public record Named(NameContent.Versions versions, boolean settled, List<String> wrong) {
    public Named {
        wrong = List.copyOf(wrong);
    }

    public boolean exists() {
        return !versions.versions().isEmpty();
    }
}
