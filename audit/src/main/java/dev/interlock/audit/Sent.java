package dev.interlock.audit;

import dev.interlock.protocol.error.BadInputException;
import java.util.Locale;

/**
 * One message of the attackers, or what one of them does where it is asked, so that it can be made again in another ring, of that
 * ring's bytes: sessions and generations go by the victim's operation that made them.
 *
 * @param at to which honest node; of what is done instead of an answer, by which corrupt one
 * @param of which of the victim's operations made the session or the generation that it is about
 * @param how what of its kind it is
 * @param on to which generation a certificate is shown, where it may be another one's
 */
public record Sent(Kind kind, String at, String of, String how, String on) {
    /** What can be sent, or done instead of an answer. */
    public enum Kind {
        /** A whole session of the second user's, as far as it is let in. */
        SESSION,
        /** Of such a session the request to one dealer alone. */
        DEAL,
        /** Of such a session the order to one provider alone. */
        ORDER,
        /** The victim's statement, as the second user's own. */
        PASS_ON,
        TOKEN,
        STREAM,
        CHECK,
        GIVE_UP,
        /** A part of what a session stored. */
        FETCH,
        /** The certificate of what is repaired, in somebody's session. */
        RESTORE,
        CERTIFICATE,
        ABANDON,
        DESTROY,
        /** The victim's command for one provider, to another. */
        BRING,
        SETTLE,
        HAND_OVER,
        /** A share, by a corrupt dealer. */
        DEALT,
        /** A stream, by a corrupt provider, before its turn. */
        EARLY,
        /** A part of a generation. */
        PART,
        /** What waits for a provider that was missing, by a corrupt one. */
        WAITING,
        /** Doesn't answer. */
        SILENT,
        /** Answers that somebody honest is at fault. */
        BLAMES,
        DEALS,
        HOP,
        SIGNS,
        /** Hands on other signatures than it should, in the published profile. */
        CHAIN,
        ANSWERS,
        UNCONFIRMED,
        /** Shows a certificate in a lookup. */
        SHOWS,
        /** Shows the second user's object instead. */
        ELSEWHERE,
        /** Says that the object was destroyed. */
        DESTROYED,
        /** Keeps a handover to itself, or shows one. */
        TITLE,
        /** A login's record to hold; to one provider, or to all with what certificate comes of it. */
        RECORD,
        /** A login's record, as one that counts. */
        CERTIFIED,
        /** Guesses of a login's password. */
        GUESS,
        /** That a login succeeded. */
        SUCCESS,
        /** That a login's root was followed by another. */
        SUCCEED,
        /** What only a login's user may ask for: a share dealt, a share's end, a device forgotten. */
        DEAL_LOGIN,
        LEAVE,
        FORGET;

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        static Kind parse(String text) {
            for (Kind kind : values()) {
                if (kind.text().equals(text)) {
                    return kind;
                }
            }
            throw new BadInputException("no message of an attack is called \"" + text + "\"");
        }
    }

    static Sent to(Kind kind, String at, String of, String how) {
        return new Sent(kind, at, of, how, "");
    }

    static Sent to(Kind kind, String at, String of) {
        return to(kind, at, of, "");
    }
}
