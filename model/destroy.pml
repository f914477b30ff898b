/*
 * An object is destroyed everywhere and for ever by one client of the owner, while another one moves it to ring B.
 *
 *   -DN=3 -DT=2      both rings
 *   -DL=1            liars in each; the rest are honest
 *   -DLOSSES=1       how many providers of A are restored from a backup that still has the object
 *
 * Generations play no part in a statement that ends all of them, and are left out: "holds" means any generation,
 * prepared or committed. Providers 0 .. H-1 are A's honest ones, H .. 2H-1 are B's. Liars, messages and crashes are as
 * in commit.pml.
 */
#ifndef L
#define L (T - 1)
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#define H        (N - L)
#define HONEST   (2 * (N - L))
#define RENEWALS 0
#define FIRST(i) ((i) == 0 || (i) == H || h[i] != h[(i) - ((i) > 0)])

#include "choices.pml"

#define HOLDS    1
#define NOTED    2  /* has served a read for a move to B, and noted where it goes */
#define GONE     4  /* has the for-ever statement: nothing of this id is taken or served again */
#define RESTORED 8  /* from a backup: serves nothing until it has caught up */
#define FORGETFUL 32 /* was restored: may have forgotten what it noted */
#define SIGNED   16 /* a provider of B: has signed the move's w */

int  h[HONEST];
bool statement; /* the owner has signed "everywhere, for ever" */
bool cert;      /* the move's certificate exists */
bool told_b;    /* a client, or a liar, has met both the statement and the move, and may bring it to B */
bool said;      /* a client has said "destroyed" */
byte losses, k, j;
int  x;

#define in_a(i) ((i) < H)
#define one_a(k, w, b)    (in_a(k) && (h[k] & (b)) -> 1 : 0)
#define one_b(k, w, b)    (!in_a(k) && (h[k] & (b)) -> 1 : 0)
#define one_gone(k, w, b) ((h[k] & GONE) -> 1 : 0)
#define one_serves(k, w, b) ((h[k] & HOLDS) && !(h[k] & (GONE | RESTORED)) -> 1 : 0)

/* The read for a move names its destination; who serves it notes that first. t of them make a move. */
#define can_serve(i, w) (in_a(i) && (h[i] & HOLDS) && !(h[i] & (GONE | RESTORED | NOTED)))
inline serve(i, w) {
    printf("provider %d serves a read for the move to B\n", i);
    h[i] = h[i] | NOTED
}
#define READ (L + OF_EACH(one_a, 0, NOTED) >= T)

/* An honest provider of B signs, unless it has the statement; the mover certifies when all have signed. */
#define can_sign(i, w) (!in_a(i) && READ && !cert && !(h[i] & (GONE | SIGNED)))
inline sign(i, w) {
    printf("provider %d of B signs the move's w\n", i);
    h[i] = h[i] | SIGNED | HOLDS
}
#define can_certify(w) (!cert && OF_EACH(one_b, 0, SIGNED) == H)
inline certify(w) {
    printf("the mover certifies\n");
    cert = true
}

/* The mover ends A by a statement with a scope; who obeys it knows from then on where the object went. */
#define can_end(i, w) (in_a(i) && cert && (h[i] & HOLDS) && !(h[i] & RESTORED))
inline end_source(i, w) {
    printf("provider %d ends what was moved\n", i);
    h[i] = (h[i] & ~HOLDS) | NOTED
}

/* The owner's other client destroys the object everywhere and for ever. */
#define can_state(w) (!statement)
inline state(w) {
    printf("the owner signs: everywhere, for ever\n");
    statement = true
}

/*
 * Who is shown the statement erases, keeps it as a tombstone, and gives a receipt that names the destinations that it
 * has noted. So the statement gets to B: from the client that reads such a receipt, from the mover that A answers with
 * the statement, or from a liar.
 */
#ifdef RECEIPT_NAMES_NO_MOVE
#define names_b(i) false
#else
#define names_b(i) (h[i] & (NOTED | FORGETFUL))
#endif
#define can_destroy(i, w) (statement && !(h[i] & (GONE | RESTORED)) && (in_a(i) || told_b))
inline destroy(i, w) {
    printf("provider %d is shown it, erases, and gives a receipt\n", i);
    told_b = told_b || (in_a(i) && names_b(i));
    h[i] = (h[i] & ~HOLDS) | GONE
}
#define can_tell(w) (statement && !told_b)
inline tell(w) {
    printf("somebody brings it to B\n");
    told_b = true
}

/*
 * "Destroyed" is said when all n of A have given receipts, and all of each ring that a receipt names. Control
 * (SAID_BY_SOME): when n - t + 1 have.
 */
#ifdef SAID_BY_SOME
#define RECEIPTS (L + OF_EACH(one_a, 0, GONE) >= N - T + 1)
#else
#define RECEIPTS (OF_EACH(one_a, 0, GONE) == H)
#endif
#define one_named(k, w, b) (in_a(k) && (h[k] & GONE) && names_b(k) -> 1 : 0)
#define can_say(w) (!said && RECEIPTS && (!OF_EACH(one_named, 0, 0) || OF_EACH(one_b, 0, GONE) == H))
inline say(w) {
    printf("the client says: destroyed\n");
    said = true
}

/* A provider of A is restored from a backup. It asks the others for statements before it serves. It may have
   forgotten a move, so that its receipt names every ring that the owner's client knows of. */
#ifdef RESTORED_KNOWS_ITS_MOVES
#define FORGOT 0
#else
#define FORGOT FORGETFUL
#endif
#define one_restored(k, w, b) ((h[k] & RESTORED) -> 1 : 0)
#define can_restore(i, w) (in_a(i) && losses < LOSSES && L + OF_EACH(one_restored, 0, 0) < N - T \
    && !(h[i] & RESTORED))
inline restore(i, w) {
    printf("provider %d is restored from a backup\n", i);
    losses++;
#ifdef RESTORED_SERVES
    h[i] = HOLDS
#else
    h[i] = HOLDS | RESTORED
#endif
}
#define can_catch_up(i, w) (h[i] & RESTORED)
inline catch_up(i, w) {
    printf("provider %d has caught up\n", i);
    x = 0;
    for (k : 0 .. H - 1) { x = x | (k != i && !(h[k] & RESTORED) -> h[k] & (GONE | NOTED) : 0) }
    h[i] = (h[i] & ~RESTORED) | x | FORGOT;
    h[i] = (h[i] & GONE -> h[i] & ~HOLDS : h[i])
}

inline sort() {
    for (j : 0 .. 1) {
        for (k : j * H .. j * H + H - 2) {
            if
            :: h[k] > h[k + 1] -> x = h[k]; h[k] = h[k + 1]; h[k + 1] = x
            :: else
            fi
        }
    }
}

/*
 * Destroyed stays destroyed: once it has been said, no honest provider of either ring serves the object again. Nothing
 * is destroyed without the owner's statement. A move alone leaves it somewhere.
 */
inline check() {
    assert(!said || OF_EACH(one_serves, 0, 0) == 0);
    assert(statement || OF_EACH(one_gone, 0, 0) == 0);
    assert(statement || OF_EACH(one_a, 0, HOLDS) == H || OF_EACH(one_b, 0, HOLDS) == H)
}

/* Progress: when all honest providers are reached, the command ends with no honest one serving. */
inline recover() {
    for (j : 0 .. H - 1) {
        if
        :: h[j] & RESTORED -> catch_up(j, 0)
        :: else
        fi
    }
    told_b = told_b || OF_EACH(one_named, 0, 0) > 0; /* receipts are asked for again */
    for (j : 0 .. HONEST - 1) {
        if
        :: can_destroy(j, 0) -> destroy(j, 0)
        :: else
        fi
    }
    assert(!statement || OF_EACH(one_serves, 0, 0) == 0)
}

active proctype rings() {
    d_step {
        for (k : 0 .. H - 1) { h[k] = HOLDS }
        k = 0
    }
again:
    atomic {
        if
        PROVIDERS(can_serve, serve, 0)
        PROVIDERS(can_sign, sign, 0)
        ALONE(can_certify, certify, 0)
        PROVIDERS(can_end, end_source, 0)
        ALONE(can_state, state, 0)
        PROVIDERS(can_destroy, destroy, 0)
        ALONE(can_tell, tell, 0)
        ALONE(can_say, say, 0)
#if LOSSES > 0
        PROVIDERS(can_restore, restore, 0)
        PROVIDERS(can_catch_up, catch_up, 0)
#endif
#ifndef SAFETY_ONLY
        :: d_step { true -> printf("all honest providers are reached\n"); recover(); skip }; goto end
#endif
        fi;
        d_step {
            sort();
            sort();
            sort();
            check();
            k = 0; j = 0; x = 0;
            skip
        }
    }
    goto again;
end:
    skip
}
