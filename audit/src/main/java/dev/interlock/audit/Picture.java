package dev.interlock.audit;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A page for a reader who isn't a cryptographer: a ring of three providers of which two open an object, what each of them sees of a
 * put and a get, in both profiles, as this auditor computes it; and the attack that the statement was made against, with where it
 * ends now.
 */
public final class Picture {
    private static final int WIDTH = 860;
    private static final String STYLE = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:880px;margin:2em auto;padding:0 1em;color:#222}
        .wide{overflow-x:auto;border:1px solid #ddd;border-radius:6px;background:#fafafa}
        svg{display:block;width:100%;min-width:700px;height:auto}h1,h2{line-height:1.25}
        ol{padding-left:1.6em}li{margin:.7em 0}li::marker{font-weight:bold}li code{display:block}
        text{font:13px system-ui,sans-serif}.small{font-size:11px;fill:#555}.form{font:12px monospace}
        .bad{color:#b3261e}.good{color:#1b6e3c}td,th{border:1px solid #ddd;padding:.3em .6em;vertical-align:top;text-align:left}
        table{border-collapse:collapse;background:#fff}.wide+.wide{margin-top:.6em}code{font-size:13px;overflow-wrap:anywhere}""";

    private Picture() {}

    /** HTML with its SVG pictures inside; needs nothing else. */
    public static String page() {
        StringBuilder page = new StringBuilder();
        page.append(
                        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Who sees what</title><style>")
                .append(STYLE)
                .append("</style>\n<h1>Who sees what</h1>\n");
        page.append(
                "<p>Three providers, any two of which open what was put. <b>m</b> is the message. The dealer draws two random"
                        + " numbers for it, <b>a0</b> and <b>a1</b>, as long as the message, and gives provider i the share a0 + a1·i. All"
                        + " sums are XOR. What a party sees is drawn beside it; whoever can add up what they saw to <b>m</b> knows it.</p>\n");
        part(page, "As printed in 2012: the published profile", Profile.PUBLISHED);
        part(page, "With blinds: what is run by default", Profile.BLINDED);
        attack(page);
        return page.append("</html>\n").toString();
    }

    private static void part(StringBuilder page, String title, Profile profile) {
        Scenario scenario = Scenario.of(3, 2, new Scheme(3, profile), 1);
        FormRing ring = new FormRing(scenario, Faults.NONE);
        Pass read = ring.read(1, 1, List.of(1, 2));
        Map<String, List<Observation>> seen = new LinkedHashMap<>();
        for (Pass pass : List.of(ring.write, read)) {
            pass.observations()
                    .forEach(one -> seen.computeIfAbsent(one.party().name(), _ -> new ArrayList<>())
                            .add(one));
        }
        page.append("<h2>").append(title).append("</h2>\n");
        ring(page, seen);
        page.append("<div class=wide><table><tr><th>who<th>alone<th>with one other</tr>\n");
        for (String who : List.of("cc1", "cc2", "cc3")) {
            page.append("<tr><td>").append(who).append("<td>");
            verdict(page, seen.getOrDefault(who, List.of()), ring.m);
            page.append("<td>");
            for (String other : List.of("cc1", "cc2", "cc3")) {
                if (!other.equals(who)) {
                    List<Observation> both = new ArrayList<>(seen.getOrDefault(who, List.of()));
                    both.addAll(seen.getOrDefault(other, List.of()));
                    page.append(other).append(": ");
                    verdict(page, both, ring.m);
                    page.append("<br>");
                }
            }
        }
        page.append("</table></div>\n");
    }

    private static void verdict(StringBuilder page, List<Observation> seen, Unknown m) {
        Certificate.of(seen, m)
                .ifPresentOrElse(
                        how -> {
                            page.append("<span class=bad>knows m</span> = ");
                            page.append(String.join(
                                    " + ",
                                    how.terms().stream()
                                            .map(term -> "<code>"
                                                    + (term.factor() == 1 ? "" : "0x%02x·".formatted(term.factor()))
                                                    + "(" + term.form() + ")</code>")
                                            .toList()));
                        },
                        () -> page.append("<span class=good>nothing of m</span>"));
    }

    /** The parties in a circle, the stream between them, and beside each what it saw. */
    private static void ring(StringBuilder page, Map<String, List<Observation>> seen) {
        int most = List.of("cc2", "cc3").stream()
                .mapToInt(who -> distinct(seen.getOrDefault(who, List.of())).size())
                .max()
                .orElseThrow();
        int height = 390 + 17 * most;
        page.append("<div class=wide><svg viewBox='0 0 %d %d' role=img aria-label='a ring of three providers'>"
                .formatted(WIDTH, height));
        page.append("<defs><marker id=a viewBox='0 0 10 10' refX=9 refY=5 markerWidth=7 markerHeight=7 orient=auto>"
                + "<path d='M0 0L10 5L0 10z' fill='#666'/></marker></defs>");
        int[][] at = {{430, 60}, {640, 330}, {220, 330}};
        String[] names = {"cc1", "cc2", "cc3"};
        line(page, 150, 60, 398, 60, "the user's stream");
        line(page, 450, 88, 622, 304, "");
        line(page, 606, 330, 254, 330, "");
        line(page, 236, 304, 410, 88, "");
        for (int[] to : new int[][] {{430, 94}, {611, 316}, {249, 316}}) {
            page.append("<line x1=430 y1=215 x2=%d y2=%d stroke='#b58900' stroke-dasharray='4 4' marker-end='url(#a)'/>"
                    .formatted(to[0], to[1]));
        }
        page.append("<text class=small x=438 y=172>a share each</text>");
        node(page, 110, 60, "user", "#e8eefc");
        node(page, 430, 215, "dealer", "#fdf3d8");
        for (int i = 0; i < names.length; i++) {
            node(page, at[i][0], at[i][1], names[i], "#e6f4ea");
            int x = i == 0 ? 540 : i == 1 ? 520 : 20;
            int y = i == 0 ? 40 : 380;
            for (Observation one : distinct(seen.getOrDefault(names[i], List.of()))) {
                page.append("<text class=form x=%d y=%d>%s</text>".formatted(x, y, one.form()));
                y += 17;
            }
        }
        page.append("</svg></div>\n");
    }

    private static List<Observation> distinct(List<Observation> seen) {
        Map<String, Observation> by = new LinkedHashMap<>();
        seen.forEach(one -> by.putIfAbsent(one.form().toString(), one));
        return List.copyOf(by.values());
    }

    private static void node(StringBuilder page, int x, int y, String name, String fill) {
        page.append("<circle cx=%d cy=%d r=32 fill='%s' stroke='#888'/><text x=%d y=%d text-anchor=middle>%s</text>"
                .formatted(x, y, fill, x, y + 5, name));
    }

    private static void line(StringBuilder page, int x1, int y1, int x2, int y2, String words) {
        page.append("<line x1=%d y1=%d x2=%d y2=%d stroke='#666' marker-end='url(#a)'/>".formatted(x1, y1, x2, y2));
        if (!words.isEmpty()) {
            page.append("<text class=small x=%d y=%d>%s</text>".formatted((x1 + x2) / 2 - 50, y1 - 8, words));
        }
    }

    /** What the review found first, and what stops it: the second user's session in a world of its own. */
    private static void attack(StringBuilder page) {
        Cast cast = new Cast(new Threshold(2, 3), 1, Set.of(new ShareIndex(1)), Set.of());
        World w = new World(cast);
        Script script = Script.of(cast, "put and get");
        // Until the victim is about to ask the dealer.
        while (!script.steps.get(w.step).words().startsWith("asks dealer1")) {
            script.steps.get(w.step).act().accept(w);
            w.step++;
        }
        String move = Injections.at(w).stream()
                .map(Script.Move::words)
                .filter(words -> words.contains("refreshes what it never put") && words.contains("asks dealer1"))
                .findFirst()
                .orElseThrow();
        String[][] steps = {
            {"The victim orders a put at all providers. cc1, which is corrupt, knows the order.", ""},
            {"A second user has the dealer deal <i>shares of zero</i>, as one may for an object of one's own.", move},
            {
                "<b>Before</b>: the shares' signature said for nobody which session they are for. cc1 had named the victim's: every"
                        + " provider took them for its own.",
                "layers: 0 + 0 + 0"
            },
            {
                "<b>Before</b>: the victim streamed m; the layers put on added up to zero; the homes stored m itself, and cc1 is a home.",
                "c = m"
            },
            {
                "<b>Now</b>: the dealer signs for H(w), the hash of everything public about the session it was asked for: who, what,"
                        + " which object, whose key may ask. The second user's is another one.",
                "H(w') ≠ H(w)"
            },
            {
                "<b>Now</b>: no provider serves a session w' that nobody ordered there; what the dealer sends is refused.",
                "refused"
            }
        };
        page.append("<h2>An attack, and where it ends now</h2>\n<ol>");
        for (int i = 0; i < steps.length; i++) {
            page.append("<li%s>%s".formatted(i < 2 ? "" : i < 4 ? " class=bad" : " class=good", steps[i][0]))
                    .append(steps[i][1].isEmpty() ? "" : "<code>" + steps[i][1] + "</code>")
                    .append("</li>");
        }
        page.append("</ol>\n<p>The active audit looks for attacks like this one, message by message; with the"
                + " rules taken out that stop it, it finds it.</p>\n");
    }
}
