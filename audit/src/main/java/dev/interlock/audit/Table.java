package dev.interlock.audit;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The smallest coalitions of every scheme for all small rings, after every number of reads; over all choices of S, the
 * worst.
 *
 * @param seed of the choice of S, where there were too many to try all
 */
public record Table(List<Column> columns, List<Row> rows, long seed) {
    private static final int MAX_PROVIDERS = 7;
    private static final int MAX_READS = 3;

    /** One scheme, without or with the user's key in the coalition's hands. */
    public record Column(Scheme scheme, boolean userKey) {}

    /** One ring. */
    public record Row(int n, int t, List<Cell> cells) {
        public Row {
            cells = List.copyOf(cells);
        }
    }

    /**
     * @param sizes by the number of reads, from none: the fewest providers that learn m, none if all of them don't
     * @param sampled whether some choices of S weren't tried
     */
    public record Cell(List<OptionalInt> sizes, boolean sampled) {
        public Cell {
            sizes = List.copyOf(sizes);
        }
    }

    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /** Every 2 ≤ t ≤ n ≤ 7, every scheme, 0 to 3 reads. */
    public static Table all(long seed) {
        return upTo(MAX_PROVIDERS, seed);
    }

    static Table upTo(int providers, long seed) {
        List<Column> columns = new ArrayList<>();
        for (int protocol = 1; protocol <= 3; protocol++) {
            for (Profile profile : Profile.values()) {
                Scheme scheme = new Scheme(protocol, profile);
                columns.add(new Column(scheme, false));
                if (Scenario.hasUserKey(scheme)) {
                    columns.add(new Column(scheme, true));
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (int n = 2; n <= providers; n++) {
            for (int t = 2; t <= n; t++) {
                List<Cell> cells = new ArrayList<>();
                for (Column column : columns) {
                    cells.add(cell(n, t, column, seed));
                }
                rows.add(new Row(n, t, cells));
            }
        }
        return new Table(columns, rows, seed);
    }

    private static Cell cell(int n, int t, Column column, long seed) {
        Blinding blinding = column.scheme().blinded() ? Blinding.EXPANDED : Blinding.NONE;
        List<OptionalInt> sizes = new ArrayList<>();
        boolean sampled = false;
        for (int reads = 0; reads <= MAX_READS; reads++) {
            Finding finding = Audit.run(new Scenario(
                    n,
                    t,
                    Dealers.ONE,
                    column.scheme(),
                    blinding,
                    Reads.worst(reads),
                    column.userKey(),
                    false,
                    List.of(),
                    Optional.empty(),
                    seed));
            sizes.add(finding.size());
            sampled |= finding.sampled();
        }
        return new Cell(sizes, sampled);
    }
}
