package dev.interlock.app;

import dev.interlock.audit.AttackFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A replay against nodes, victim and attackers of one class loader, from which rules may be missing; all that goes in and comes out is text. */
public final class ReplayProbe {
    private ReplayProbe() {}

    /** @return what was told, a line each, then behind "=> " what didn't hold */
    public static List<String> run(String attack, String dir) throws Exception {
        List<String> told = new ArrayList<>();
        Replay.Result result = Replay.run(
                AttackFile.read(attack.getBytes(StandardCharsets.UTF_8)), Path.of(dir), _ -> true, told::add);
        result.broken().forEach(each -> told.add("=> " + each));
        return told;
    }
}
