package dev.interlock.app;

import dev.interlock.protocol.error.Advice;
import java.util.Optional;

/** Advice in the words of the command line. Each command that is named here is run by a test. */
final class Wording {
    private Wording() {}

    /** A message, with what can be done about it where that is known. */
    static String with(String message, Optional<Advice> advice) {
        return advice.map(what -> message + "; " + of(what)).orElse(message);
    }

    static String of(Advice advice) {
        return switch (advice) {
            case Advice.ListObjects _ -> "`interlock ls` lists yours";
            case Advice.ListDevices _ -> "`interlock user devices NAME` shows it";
            case Advice.Settle(String object) ->
                "`interlock settle " + object + "` decides it when the others can be reached";
            case Advice.ShowObject(String object) -> "`interlock info " + object + "` tells where it is";
            case Advice.CancelDestroy(String object) -> "`interlock cancel-destroy " + object + "` takes that back";
            case Advice.ReadDirect(String object) ->
                "`interlock get --route direct " + object
                        + "` names who has a wrong share, and `interlock repair` with that name mends it";
            case Advice.Repair(String provider) -> "`interlock repair " + provider + "` brings it back";
            case Advice.Follow(String object) ->
                "`interlock follow " + object + "` brings it into the present one, with a new pad";
            case Advice.Replace _ ->
                "`interlock replace` gives them a new pad there, `interlock follow` brings them into its epoch";
            case Advice.WriteAnew(String object) ->
                "`interlock get " + object + "`, `interlock put` and `interlock destroy " + object
                        + "` do it by way of you";
            case Advice.WriteWithout(int missing) ->
                "`interlock put --allow-degraded " + missing
                        + "` stores it all the same: what is theirs waits for them";
            case Advice.WritersNeeded(int least, int of) ->
                "whatever --allow-degraded says, a put needs at least t + 1 = " + least + " of the " + of;
            case Advice.RepeatWithAll _ ->
                "no login was made or changed. Repeat it when all providers answer, as `interlock status` shows";
            case Advice.UsePrivateKey(String object) ->
                "`interlock get " + object + " --key FILE`, with the private key's file";
            case Advice.UseUserKey(String object) ->
                "`interlock get " + object + " --share FILE`, with the user key's file";
            case Advice.MakeKeyPair _ -> "`interlock keygen -o FILE` makes a key pair";
            case Advice.MakeCredential _ ->
                "`interlock credential init FILE` makes one, and each operator must let it in";
            case Advice.LetIn(String node, String key) ->
                "its operator lets you in with `interlock provider allow DIR NAME " + node + " " + key + "`";
            case Advice.MakeNode _ -> "`interlock provider init` or `interlock dealer init` makes one";
            case Advice.Join(String role, String folder) ->
                "`interlock " + role + " join " + folder + " RING`, with the ring's descriptor, has it join one";
            case Advice.OtherAddress _ ->
                "`interlock ring move DIR NAME` moves it on one machine, else `interlock provider readdress DIR --address"
                        + " HOST:PORT`; `interlock provider DIR --listen HOST:PORT` where only this end changes (a dealer: dealer)";
            case Advice.AssembleRing _ -> "`interlock ring assemble` takes the node's own card";
            case Advice.ChangeRing _ -> "`interlock ring change` makes a descriptor that does";
            case Advice.CheckLog(String log) -> "`interlock log verify " + log + "` says more";
        };
    }
}
