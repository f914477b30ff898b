package dev.interlock.protocol.rules;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.constantpool.DynamicConstantPoolEntry;
import java.lang.classfile.constantpool.InvokeDynamicEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The product's classes once more, with some refusals taken out: an exception that is made and not thrown, or a check that isn't
 * called. What is taken out is in no class file but this loader's.
 */
public final class Mutant extends ClassLoader {
    private static final String OURS = "dev.interlock.";
    /** In place of an instruction: the whole method, by its answer. */
    private static final int YES = -1;

    private static final int NO = -2;

    private final List<Site> sites;

    Mutant(Site site) {
        this(List.of(site));
    }

    public Mutant(List<Site> sites) {
        super(Mutant.class.getClassLoader());
        this.sites = List.copyOf(sites);
    }

    /**
     * One refusal.
     *
     * @param owner the class's name
     * @param descriptor of the method
     * @param index of the instruction in it
     * @param rule what it says, or what it calls
     */
    public record Site(String owner, String method, String descriptor, int index, String rule) {
        public String where() {
            String name = method.startsWith("lambda$") ? method.split("\\$", -1)[1] : method;
            return owner.substring(owner.lastIndexOf('.') + 1) + "." + (name.equals("<init>") ? "new" : name);
        }
    }

    /** All refusals of a class: each throw, and each call to a check that gives nothing back. */
    public static List<Site> sites(Class<?> of) {
        ClassModel model = ClassFile.of().parse(bytes(of.getName()));
        List<Site> sites = new ArrayList<>();
        for (MethodModel method : model.methods()) {
            method.code().ifPresent(code -> sites(of.getName(), method, code, sites));
        }
        return sites;
    }

    /**
     * A call in the middle of a chain of calls, whose result is what it is called on: without it the chain goes on.
     *
     * @param called its name
     */
    public static Site link(Class<?> of, String method, String called) {
        ClassModel model = ClassFile.of().parse(bytes(of.getName()));
        for (MethodModel each : model.methods()) {
            if (!each.methodName().equalsString(method) || each.code().isEmpty()) {
                continue;
            }
            int index = 0;
            for (CodeElement element : each.code().get()) {
                if (element instanceof Instruction instruction) {
                    if (instruction instanceof InvokeInstruction call
                            && call.name().equalsString(called)
                            && call.typeSymbol()
                                    .returnType()
                                    .equals(call.owner().asSymbol())) {
                        return new Site(of.getName(), method, each.methodType().stringValue(), index, called + "(…)");
                    }
                    index++;
                }
            }
        }
        throw new IllegalArgumentException("no " + called + " in " + of.getName() + "." + method);
    }

    /** A question that is answered the same, whatever is asked: a scope that covers everything, or nothing. */
    public static Site answering(Class<?> of, String method, boolean answer) {
        ClassModel model = ClassFile.of().parse(bytes(of.getName()));
        return model.methods().stream()
                .filter(each -> each.methodName().equalsString(method)
                        && each.methodTypeSymbol().returnType().equals(ConstantDescs.CD_boolean))
                .findFirst()
                .map(each -> new Site(
                        of.getName(), method, each.methodType().stringValue(), answer ? YES : NO, method + "(…)"))
                .orElseThrow(() -> new IllegalArgumentException("no question " + method + " in " + of.getName()));
    }

    private static void sites(String owner, MethodModel method, CodeModel code, List<Site> into) {
        List<Instruction> all = new ArrayList<>();
        for (CodeElement element : code) {
            if (element instanceof Instruction instruction) {
                all.add(instruction);
            }
        }
        String said = "";
        String made = "";
        for (int i = 0; i < all.size(); i++) {
            Instruction instruction = all.get(i);
            String rule = null;
            switch (instruction) {
                case ConstantInstruction.LoadConstantInstruction constant
                when constant.constantEntry() instanceof StringEntry text -> said = text.stringValue();
                case InvokeDynamicInstruction call -> said = recipe(call, said);
                case NewObjectInstruction object -> made = object.className().asInternalName();
                // What the compiler throws where no case fits is no refusal.
                case ThrowInstruction _ ->
                    rule = i + 1 < all.size() && !made.equals("java/lang/MatchException") ? said : null;
                case InvokeInstruction call
                when isCheck(call) ->
                    rule = call.name().stringValue().equals("require")
                            ? said
                            : simple(call.owner().asInternalName()) + "."
                                    + call.name().stringValue() + "(…)";
                // An exception that something else made.
                case InvokeInstruction call
                when call.typeSymbol().returnType().displayName().endsWith("Exception") ->
                    made = call.typeSymbol().returnType().displayName();
                default -> {}
            }
            if (rule != null && !rule.isEmpty()) {
                into.add(new Site(
                        owner,
                        method.methodName().stringValue(),
                        method.methodType().stringValue(),
                        i,
                        rule.replaceAll("[\\u0001\\u0002]", "…").strip()));
            }
        }
    }

    private static String recipe(InvokeDynamicInstruction call, String otherwise) {
        InvokeDynamicEntry entry = call.invokedynamic();
        if (entry instanceof DynamicConstantPoolEntry dynamic
                && call.name().stringValue().equals("makeConcatWithConstants")) {
            return dynamic.bootstrap().arguments().getFirst() instanceof StringEntry text
                    ? text.stringValue()
                    : otherwise;
        }
        return otherwise;
    }

    private static String simple(String internal) {
        return internal.substring(internal.lastIndexOf('/') + 1).replace('$', '.');
    }

    private static boolean isCheck(InvokeInstruction call) {
        String name = call.name().stringValue();
        return call.owner().asInternalName().startsWith("dev/interlock/")
                && call.typeSymbol().returnType().equals(ConstantDescs.CD_void)
                && (name.startsWith("require")
                        || name.startsWith("check")
                        || name.startsWith("verify")
                        || name.equals("members")
                        || name.equals("end"));
    }

    private static byte[] bytes(String name) {
        try (InputStream in = Mutant.class.getClassLoader().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new IllegalStateException("no class " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.startsWith(Mutant.class.getPackageName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            if (getParent().getResource(name.replace('.', '/') + ".class") == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] code = bytes(name);
            Set<String> methods = new LinkedHashSet<>();
            sites.stream()
                    .filter(site -> site.owner().equals(name))
                    .forEach(site -> methods.add(site.method() + site.descriptor()));
            for (String method : methods) {
                code = without(
                        sites.stream()
                                .filter(site ->
                                        site.owner().equals(name) && method.equals(site.method() + site.descriptor()))
                                .toList(),
                        code);
            }
            return defineClass(name, code, 0, code.length);
        }
    }

    /** @throws IllegalArgumentException where the rest makes no method any more */
    private static byte[] without(List<Site> ofOneMethod, byte[] code) {
        Site site = ofOneMethod.getFirst();
        Set<Integer> places = ofOneMethod.stream().map(Site::index).collect(Collectors.toSet());
        ClassFile file = ClassFile.of();
        if (site.index() < 0) {
            return file.transformClass(
                    file.parse(code),
                    ClassTransform.transformingMethods(
                            method -> method.methodName().equalsString(site.method())
                                    && method.methodType().equalsString(site.descriptor()),
                            (method, element) -> {
                                if (element instanceof CodeModel) {
                                    method.withCode(body -> body.loadConstant(site.index() == YES ? 1 : 0)
                                            .ireturn());
                                } else {
                                    method.with(element);
                                }
                            }));
        }
        return file.transformClass(
                file.parse(code),
                ClassTransform.transformingMethodBodies(
                        method -> method.methodName().equalsString(site.method())
                                && method.methodType().equalsString(site.descriptor()),
                        CodeTransform.ofStateful(() -> {
                            int[] at = {0};
                            return (builder, element) -> {
                                if (element instanceof Instruction instruction && places.contains(at[0]++)) {
                                    takeOut(builder, instruction);
                                } else {
                                    builder.with(element);
                                }
                            };
                        })));
    }

    private static void takeOut(CodeBuilder builder, Instruction instruction) {
        switch (instruction) {
            case ThrowInstruction _ -> builder.pop();
            case InvokeInstruction call -> {
                for (ClassDesc parameter : call.typeSymbol().parameterList().reversed()) {
                    if (TypeKind.from(parameter).slotSize() == 2) {
                        builder.pop2();
                    } else {
                        builder.pop();
                    }
                }
                if (call.opcode() != Opcode.INVOKESTATIC
                        && call.typeSymbol().returnType().equals(ConstantDescs.CD_void)) {
                    builder.pop();
                }
            }
            default -> throw new IllegalStateException("not a refusal: " + instruction);
        }
    }
}
