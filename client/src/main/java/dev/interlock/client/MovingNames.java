package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/**
 * Has names follow objects into another ring (SPEC §16): what a name stands for there is set before it is taken away here, each by a
 * reading and a change as of any name, so that fewer than t of either ring hide, revive or roll back none. What breaks off between
 * leaves both; what was done is passed over when it is repeated.
 */
final class MovingNames {
    private static final int AT_ONCE = 16;

    private final Names here;
    private final Names there;

    MovingNames(Names here, Names there) {
        this.here = here;
        this.there = there;
    }

    /** Says whether an object has moved. */
    interface Asking {
        boolean hasMoved(ObjectId object) throws InterruptedException;
    }

    /** @param asked the objects whose names follow; empty for all that have moved */
    NamesMoved follow(Collection<ObjectId> asked, Asking asking) throws InterruptedException {
        List<NameContent.Versions> candidates = new ArrayList<>();
        Set<ObjectId> objects = new HashSet<>();
        Map<String, String> wrong = here.list(versions -> {
            NameContent.Versions some = asked.isEmpty() ? versions : versions.only(asked);
            if (!some.versions().isEmpty()) {
                candidates.add(some);
                some.versions().forEach(version -> objects.add(version.object()));
            }
        });
        Set<ObjectId> moved = moved(List.copyOf(objects), asking);
        List<NameContent.Versions> following = candidates.stream()
                .map(each -> each.only(moved))
                .filter(each -> !each.versions().isEmpty())
                .toList();
        List<Attempt<Named>> attempts = Batch.run(
                following.stream()
                        .<Callable<Named>>map(each -> () -> move(each))
                        .toList(),
                AT_ONCE);
        List<Name> names = new ArrayList<>();
        Map<Name, InterlockException> left = new LinkedHashMap<>();
        Set<String> wrongThere = new TreeSet<>();
        for (int i = 0; i < attempts.size(); i++) {
            NameContent.Versions followed = following.get(i);
            switch (attempts.get(i)) {
                case Attempt.Failed<Named>(InterlockException error) -> left.put(followed.name(), error);
                case Attempt<Named> attempt -> {
                    Named taken = Batch.result(attempt);
                    wrongThere.addAll(taken.wrong());
                    if (followed.versions().stream()
                            .anyMatch(each -> taken.versions().names(each.object()))) {
                        names.add(followed.name());
                    }
                }
            }
        }
        return new NamesMoved(names, left, wrong, wrongThere);
    }

    private static Set<ObjectId> moved(List<ObjectId> objects, Asking asking) throws InterruptedException {
        List<Attempt<Boolean>> attempts = Batch.run(
                objects.stream()
                        .<Callable<Boolean>>map(object -> () -> asking.hasMoved(object))
                        .toList(),
                AT_ONCE);
        Set<ObjectId> moved = new HashSet<>();
        for (int i = 0; i < attempts.size(); i++) {
            if (Batch.result(attempts.get(i))) {
                moved.add(objects.get(i));
            }
        }
        return moved;
    }

    /** @return what the name stands for there: nothing of these where another one brought them there, and they are removed by now */
    private Named move(NameContent.Versions moved) throws InterruptedException {
        Set<ObjectId> objects = new HashSet<>();
        moved.versions().forEach(version -> objects.add(version.object()));
        Named taken = there.takeOver(
                moved.name(), () -> here.find(moved.name()).versions().only(objects));
        Named _ = here.remove(moved.name(), objects);
        return taken;
    }
}
