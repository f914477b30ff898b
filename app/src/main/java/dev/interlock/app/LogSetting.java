package dev.interlock.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import dev.interlock.core.encoding.ForeignText;
import java.util.stream.Collectors;

/** What is logged, and how: to stderr. In code, because reading it from XML takes as long as many a command. */
public final class LogSetting extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        log(context);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Has this context log, whatever is configured elsewhere. */
    void log(LoggerContext context) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        Rate rate = new Rate();
        layout.getInstanceConverterMap().put("msg", () -> new Message(rate));
        layout.getInstanceConverterMap().put("trace", Trace::new);
        layout.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level %logger{0} %msg%n%trace");
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setLayout(layout);
        encoder.start();
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(context);
        stderr.setName("stderr");
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder);
        stderr.addFilter(rate);
        stderr.start();
        context.getLogger("ROOT").setLevel(Level.WARN);
        context.getLogger("ROOT").addAppender(stderr);
        context.getLogger("dev.interlock").setLevel(Level.toLevel(System.getProperty("interlock.log"), Level.WARN));
        for (String library : new String[] {"com.linecorp.armeria", "io.micrometer", "io.netty"}) {
            context.getLogger(library).setLevel(Level.ERROR);
        }
    }

    /** Whatever is quoted in it, a message is one line. */
    private static final class Message extends MessageConverter {
        private final Rate rate;

        Message(Rate rate) {
            this.rate = rate;
        }

        @Override
        public String convert(ILoggingEvent event) {
            long leftOut = rate.leftOut();
            return (leftOut == 0 ? "" : "(" + leftOut + " lines before this one were left out) ")
                    + ForeignText.line(String.valueOf(super.convert(event)), ForeignText.MAX_MESSAGE_CHARS);
        }
    }

    /** So many lines at once, then a few a second, whoever causes them: nobody fills the disk by what is logged of them. */
    private static final class Rate extends Filter<ILoggingEvent> {
        private static final int AT_ONCE = 200;
        private static final int A_SECOND = 10;
        /** What a stack trace counts as, in lines. */
        private static final int TRACE = 20;

        private double credit = AT_ONCE;
        private long lastNanos = System.nanoTime();
        private long leftOut;

        @Override
        public synchronized FilterReply decide(ILoggingEvent event) {
            long now = System.nanoTime();
            credit = Math.min(AT_ONCE, credit + (now - lastNanos) / 1e9 * A_SECOND);
            lastNanos = now;
            int lines = event.getThrowableProxy() == null ? 1 : TRACE;
            if (credit < lines) {
                leftOut++;
                return FilterReply.DENY;
            }
            credit -= lines;
            return FilterReply.NEUTRAL;
        }

        /** Since the last line that was written. */
        synchronized long leftOut() {
            long count = leftOut;
            leftOut = 0;
            return count;
        }
    }

    /** A stack trace, every line of it behind a tab: an exception's message can't begin a line of the log. */
    private static final class Trace extends ThrowableProxyConverter {
        @Override
        protected String throwableProxyToString(IThrowableProxy thrown) {
            return super.throwableProxyToString(thrown)
                    .lines()
                    .map(line -> "\t" + ForeignText.line(line.strip(), ForeignText.MAX_MESSAGE_CHARS) + "\n")
                    .collect(Collectors.joining());
        }
    }
}
