package dev.interlock.app;

import dev.interlock.protocol.ring.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** All commands by group, in the order of the help, with the examples that the help of each shows. */
final class Catalogue {
    /**
     * A command of the first level.
     *
     * @param summary what the list of commands says; fits into a line
     */
    record Entry(String group, String summary, Supplier<Object> command) {}

    /** What a command destroys or takes away is never suggested in place of a mistyped word. */
    private static final List<String> NEVER_SUGGESTED = List.of("destroy", "rm", "deny", "retire", "down", "replace");

    private static final Map<String, Entry> COMMANDS = commands();
    private static final Map<String, List<String>> EXAMPLES = examples();

    private Catalogue() {}

    static Map<String, Entry> all() {
        return COMMANDS;
    }

    /** @param path as "ring create" */
    static List<String> examplesOf(String path) {
        return EXAMPLES.getOrDefault(path, List.of());
    }

    /** Names close to a word that is none. */
    static List<String> near(String word, Iterable<String> names) {
        List<String> near = new ArrayList<>();
        for (String name : names) {
            if (NEVER_SUGGESTED.stream().noneMatch(name::contains)
                    && distance(word, name) <= Math.max(1, name.length() / 3)) {
                near.add(name);
            }
        }
        return near;
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int swap = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], above[j]) + 1, above[j - 1] + swap);
            }
            above = row;
        }
        return above[b.length()];
    }

    private static Map<String, Entry> commands() {
        Map<String, Entry> all = new LinkedHashMap<>();
        String secrets = "Secrets";
        all.put("put", new Entry(secrets, "store a file or a pipe, print its id", PutCommand::new));
        all.put("get", new Entry(secrets, "open an object with any t providers", GetCommand::new));
        all.put("ls", new Entry(secrets, "list your objects, or the names in a folder", LsCommand::new));
        all.put("name", new Entry(secrets, "give an object a name", NameCommands.Give::new));
        all.put("mv", new Entry(secrets, "give what has a name another one", NameCommands.Move::new));
        all.put("info", new Entry(secrets, "show one object, checked, and where it is", InfoCommand::new));
        all.put("settle", new Entry(secrets, "end what a broken-off command left undecided", SettleCommand::new));
        all.put(
                "accept",
                new Entry(secrets, "write what an owner needs to hand an object over to you", AcceptCommand::new));
        all.put("hand-over", new Entry(secrets, "make an object another user's", HandOverCommand::new));
        String end = "Destroying";
        all.put("destroy", new Entry(end, "have an object erased, for ever", DestroyCommand::new));
        all.put(
                "rm",
                new Entry(end, "destroy what a name stands for, and take the name away", NameCommands.Remove::new));
        all.put(
                "schedule-destroy",
                new Entry(end, "close an object now, have it erased later", ScheduleDestroyCommand.Schedule::new));
        all.put("cancel-destroy", new Entry(end, "take a schedule back", ScheduleDestroyCommand.Cancel::new));
        all.put("receipts", new Entry(end, "check what providers signed when they erased", ReceiptsCommand::new));
        String change = "Renewing and moving";
        all.put("refresh", new Entry(change, "new shares of the same pad", RenewCommands.Refresh::new));
        all.put("replace", new Entry(change, "a new pad, in one pass", RenewCommands.Replace::new));
        all.put("repair", new Entry(change, "give a provider back what it lost", RepairCommand::new));
        all.put("follow", new Entry(change, "move objects after their ring has changed", RenewCommands.Follow::new));
        all.put("reshare", new Entry(change, "move objects into another ring", RenewCommands.Reshare::new));
        String you = "Who you are, what you keep";
        all.put("credential", new Entry(you, "make a credential, show what operators need", CredentialCommand::new));
        all.put("user", new Entry(you, "log in with a name and a password, from anywhere", UserCommand::new));
        all.put("keygen", new Entry(you, "make a key pair for protocol 1", KeygenCommand::new));
        all.put("agent", new Entry(you, "do your commands, with everything warm", AgentCommand::new));
        String ring = "Rings and nodes";
        all.put("ring", new Entry(ring, "make a ring, start it, stop it, change it", RingCommand::new));
        all.put("status", new Entry(ring, "what your commands saw of each provider", StatusCommand::new));
        all.put(
                "provider",
                new Entry(ring, "run one provider, say whom it serves", () -> NodeCommand.of(Role.PROVIDER)));
        all.put("dealer", new Entry(ring, "run one dealer, say whom it serves", () -> NodeCommand.of(Role.DEALER)));
        all.put("log", new Entry(ring, "check and show a node's audit log", LogCommand::new));
        String proofs = "Proofs";
        all.put("proof", new Entry(proofs, "prove that all providers took part in a put", ProofCommand::new));
        all.put("evidence", new Entry(proofs, "check evidence against a provider that lied", EvidenceCommand::new));
        all.put("audit", new Entry(proofs, "compute what coalitions learn", AuditCommand::new));
        String help = "Getting to know it";
        all.put("demo", new Entry(help, "the whole story on this machine", DemoCommand::new));
        all.put("completion", new Entry(help, "print the completion for bash, zsh or fish", CompletionCommand::new));
        all.put("man", new Entry(help, "print a manual page", ManCommand::new));
        return all;
    }

    private static Map<String, List<String>> examples() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        all.put("", List.of("interlock demo", "interlock put secrets.tar", "interlock help put"));
        all.put(
                "put",
                List.of(
                        "interlock put secrets.tar",
                        "interlock put db.key --name backups/db.key",
                        "tar -c folder | interlock put -",
                        "interlock put secrets.tar --allow-degraded 1",
                        "interlock put secrets.tar --to me.pub"));
        all.put(
                "get",
                List.of(
                        "interlock get backups/db.key -o db.key",
                        "interlock get backups/db.key@2",
                        "interlock get 3f9c21d4 -o secrets.tar",
                        "interlock get 3f9c21d4 | tar -x",
                        "interlock get 3f9c21d4 --key me.key -o secrets.tar"));
        all.put("ls", List.of("interlock ls", "interlock ls backups/", "interlock ls -r / --json"));
        all.put("name", List.of("interlock name 3f9c21d4 backups/db.key"));
        all.put("mv", List.of("interlock mv backups/db.key archive/db.key"));
        all.put("rm", List.of("interlock rm backups/db.key", "interlock rm backups/db.key@1 --keep"));
        all.put("info", List.of("interlock info 3f9c21d4", "interlock info backups/db.key"));
        all.put("settle", List.of("interlock settle 3f9c21d4"));
        all.put("accept", List.of("interlock accept 3f9c21d4a07be5581c6d2e94f0137a68 -o for-alice.json"));
        all.put("hand-over", List.of("interlock hand-over 3f9c21d4 from-bob.json"));
        all.put("destroy", List.of("interlock destroy 3f9c21d4", "interlock destroy 3f9c21d4 --receipts gone.json"));
        all.put("schedule-destroy", List.of("interlock schedule-destroy 3f9c21d4 --after 7d"));
        all.put("cancel-destroy", List.of("interlock cancel-destroy 3f9c21d4"));
        all.put("receipts", List.of("interlock receipts verify gone.json"));
        all.put("receipts verify", List.of("interlock receipts verify gone.json --ring ring"));
        all.put("refresh", List.of("interlock refresh --all", "interlock refresh 3f9c21d4"));
        all.put("replace", List.of("interlock replace 3f9c21d4", "interlock replace --all --rate 5"));
        all.put("repair", List.of("interlock repair cc1", "interlock repair cc1 3f9c21d4"));
        all.put("follow", List.of("interlock follow --all"));
        all.put("reshare", List.of("interlock reshare 3f9c21d4 --to other/ring"));
        all.put(
                "credential",
                List.of("interlock credential init me", "interlock credential show --ring ring --credential me"));
        all.put("credential init", List.of("interlock credential init me"));
        all.put("credential show", List.of("interlock credential show --ring ring --credential me"));
        all.put("agent", List.of("interlock agent", "interlock agent --idle 8h"));
        all.put("user", List.of("interlock user create alice --tickets tickets", "interlock ls --user alice"));
        all.put("user create", List.of("interlock user create alice --tickets tickets"));
        all.put("user adopt", List.of("interlock user adopt alice --credential me --tickets tickets"));
        all.put("user login", List.of("interlock user login alice", "interlock user login alice --idle 8h"));
        all.put("user logout", List.of("interlock user logout", "interlock user logout --all"));
        all.put("user whoami", List.of("interlock user whoami", "interlock user whoami alice"));
        all.put("user passwd", List.of("interlock user passwd alice"));
        all.put("user root", List.of("interlock user root rotate alice"));
        all.put("user root rotate", List.of("interlock user root rotate alice"));
        all.put("user recover", List.of("interlock user recover alice"));
        all.put("user devices", List.of("interlock user devices", "interlock user devices alice"));
        all.put("user refresh", List.of("interlock user refresh alice"));
        all.put("user forget", List.of("interlock user forget alice 3f9c21d4", "interlock user forget alice"));
        all.put("ring ticket", List.of("interlock ring ticket my-ring alice > tickets"));
        all.put("keygen", List.of("interlock keygen -o me.key > me.pub", "interlock keygen -o me.key --kem xwing"));
        all.put("ring", List.of("interlock ring create my-ring -n 5 -t 3", "interlock ring up my-ring"));
        all.put("ring create", List.of("interlock ring create my-ring", "interlock ring create my-ring -n 7 -t 4"));
        all.put("ring up", List.of("interlock ring up my-ring"));
        all.put("ring down", List.of("interlock ring down my-ring"));
        all.put("ring status", List.of("interlock ring status my-ring", "interlock ring status ring --json"));
        all.put(
                "ring assemble",
                List.of("interlock ring assemble cc1.card cc2.card cc3.card dealer1.card -t 2 -o ring"));
        all.put("ring add", List.of("interlock ring add my-ring"));
        all.put("ring replace", List.of("interlock ring replace my-ring cc2"));
        all.put("ring move", List.of("interlock ring move my-ring cc2", "interlock ring move my-ring cc2 --port 7402"));
        for (String role : List.of("provider", "dealer")) {
            all.put(
                    role + " readdress",
                    List.of("interlock " + role + " readdress node --address node.example.org:7401"));
        }
        all.put("ring retire", List.of("interlock ring retire my-ring cc5 -t 2"));
        all.put(
                "ring change",
                List.of("interlock ring change ring --key ring.key --add cc6.card --retire cc2 -o ring.2"));
        all.put("status", List.of("interlock status"));
        for (String role : List.of("provider", "dealer")) {
            String name = role.equals("provider") ? "cc1" : "dealer1";
            all.put(role, List.of("interlock " + role + " " + name, "interlock " + role + " " + name + " --standby"));
            all.put(
                    role + " init",
                    List.of("interlock " + role + " init " + name + " --name " + name + " --address " + name
                            + ".example.org:7400"));
            all.put(role + " join", List.of("interlock " + role + " join " + name + " ring"));
            all.put(
                    role + " allow",
                    List.of("interlock " + role + " allow " + name + " alice " + name + " ed25519:KEY"));
            all.put(role + " ticket", List.of("interlock " + role + " ticket " + name + " alice"));
            all.put(role + " deny", List.of("interlock " + role + " deny " + name + " alice"));
            all.put(role + " users", List.of("interlock " + role + " users " + name));
        }
        all.put(
                "provider migrate-store",
                List.of(
                        "interlock provider migrate-store cc1 --to 'postgresql://db.example/interlock?schema=cc1' --to s3://bucket/cc1",
                        "interlock provider migrate-store cc1 --to s3://bucket/cc1 --ahead --rate 10",
                        "interlock provider migrate-store cc1 --to folder"));
        all.put("log", List.of("interlock log verify cc1 --ring ring", "interlock log show cc1"));
        all.put("log verify", List.of("interlock log verify cc1 --ring ring"));
        all.put("log head", List.of("interlock log head cc1 > kept-elsewhere"));
        all.put("log show", List.of("interlock log show cc1", "interlock log show cc1 --object 3f9c21d4 --full"));
        all.put("proof", List.of("interlock proof 3f9c21d4 -o proof.json", "interlock proof verify proof.json"));
        all.put("proof verify", List.of("interlock proof verify proof.json --ring ring"));
        all.put("evidence", List.of("interlock evidence verify 3f9c21d4.cc3.evidence"));
        all.put("evidence verify", List.of("interlock evidence verify 3f9c21d4.cc3.evidence"));
        all.put(
                "audit",
                List.of(
                        "interlock audit -n 5 -t 3 --protocol 3 --profile published",
                        "interlock audit --all",
                        "interlock audit --active -n 3 -t 2"));
        all.put("demo", List.of("interlock demo", "interlock demo --keep --dir try"));
        all.put(
                "completion",
                List.of(
                        "interlock completion > ~/.local/share/bash-completion/completions/interlock",
                        "interlock completion fish > ~/.config/fish/completions/interlock.fish"));
        all.put("man", List.of("interlock man put | man -l -", "interlock man --all man1"));
        return all;
    }
}
