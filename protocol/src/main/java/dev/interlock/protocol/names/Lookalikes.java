package dev.interlock.protocol.names;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What of a name may be taken for something else by who reads it. A warning and no refusal: names belong to their user. After
 * UTS 39, for the scripts that are mistaken for each other most: Latin, Cyrillic, Greek.
 */
public final class Lookalikes {
    private static final Set<UnicodeScript> ALIKE =
            EnumSet.of(UnicodeScript.LATIN, UnicodeScript.CYRILLIC, UnicodeScript.GREEK);
    /** Cyrillic and Greek letters that look like Latin ones. */
    private static final String LIKE_LATIN = "асеорхуіјѕԁһԛԝьАВЕЗІЈКМНОРСТХУЅԌԚԜοανικρυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

    private Lookalikes() {}

    /** One for each thing that could deceive; as "the part \"x\" …". */
    public static List<String> warnings(Name name) {
        List<String> warnings = new ArrayList<>();
        for (String part : name.text().split("/", -1)) {
            Set<UnicodeScript> scripts = EnumSet.noneOf(UnicodeScript.class);
            part.codePoints()
                    .mapToObj(UnicodeScript::of)
                    .filter(ALIKE::contains)
                    .forEach(scripts::add);
            if (scripts.size() > 1) {
                warnings.add("the part \"" + part + "\" mixes letters of " + said(scripts)
                        + ", some of which look the same");
            } else if (isLikeLatin(part)) {
                warnings.add("the part \"" + part + "\" looks like Latin letters, and is " + said(scripts));
            }
            if (!Normalizer.isNormalized(part, Normalizer.Form.NFKC)) {
                warnings.add("the part \"" + part + "\" has characters that look like \""
                        + Normalizer.normalize(part, Normalizer.Form.NFKC) + "\"");
            }
        }
        return warnings;
    }

    private static boolean isLikeLatin(String part) {
        List<Integer> letters =
                part.codePoints().filter(Character::isLetter).boxed().toList();
        return !letters.isEmpty() && letters.stream().allMatch(letter -> LIKE_LATIN.indexOf(letter) >= 0);
    }

    private static String said(Set<UnicodeScript> scripts) {
        return String.join(
                " and ",
                scripts.stream()
                        .map(script -> script.name().charAt(0)
                                + script.name().substring(1).toLowerCase(Locale.ROOT))
                        .toList());
    }
}
