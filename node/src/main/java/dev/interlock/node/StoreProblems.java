package dev.interlock.node;

import dev.interlock.node.store.StoreException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import java.util.List;

/** What a failure of the store means to the other parties, and to the operator who starts the node. */
public final class StoreProblems {
    private StoreProblems() {}

    public static InterlockException known(String node, StoreException e) {
        String message = node + ": " + e.getMessage();
        return switch (e) {
            case StoreException.NoSuchObject none -> new NoSuchObjectException(message);
            case StoreException.Destroyed gone -> new DestroyedException(message);
            case StoreException.Denied denied -> new RefusedException(message);
            case StoreException.ObjectExists taken -> new RefusedException(message);
            case StoreException.DamagedRecord damaged -> new IntegrityException(message, List.of(node));
            case StoreException.NoRoom full -> new NodeException(node, node + " has no room left: " + e.getMessage());
            case StoreException.Replaced replaced -> new NodeException(node, message);
            case StoreException.Busy busy -> new RefusedException(message + "; repeat the command when that has ended");
            case StoreException.WrongState wrong -> new NodeException(node, message);
            case StoreException.Unusable unusable -> new NodeException(node, message);
            case StoreException.Failed failed -> new NodeException(node, message);
            case StoreException.OutcomeUnknown unknown -> new NodeException(node, message);
        };
    }
}
