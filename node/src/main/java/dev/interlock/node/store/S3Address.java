package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Where a store's large blobs are: {@code s3://BUCKET[/PREFIX]?region=NAME&endpoint=URL&pathstyle=true&profile=NAME}. Who asks is in the
 * file {@value #CREDENTIALS_FILE} beside the one with this address, in the form of AWS's own, or where AWS's tools look for it; with
 * {@code credentials=instance}, what the machine's metadata service says.
 *
 * @param prefix of all names, empty or with / at its end
 */
record S3Address(
        URI uri,
        String bucket,
        String prefix,
        Region region,
        URI endpoint,
        boolean pathStyle,
        AwsCredentialsProvider who) {
    static final String CREDENTIALS_FILE = "s3.credentials";
    private static final Set<String> PARAMETERS = Set.of("region", "endpoint", "pathstyle", "profile", "credentials");
    /** For a call without content, its attempts together: less than clients wait for the answer that needs it. */
    private static final Duration CALL = Duration.ofSeconds(15);
    /** For one that sends up to 16 MiB. */
    static final Duration UPLOAD = Duration.ofMinutes(2);

    private static final int ATTEMPTS = 6;
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(4);

    private static final Duration SILENCE = Duration.ofSeconds(20);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final URI OF_REGION = URI.create("");

    /** @throws BadInputException when the address can't be used */
    static S3Address parse(URI uri, Path folder) {
        if (uri.getHost() == null || uri.getUserInfo() != null || uri.getPort() >= 0) {
            throw new BadInputException("the address " + StoreConfig.shown(uri)
                    + " must be s3://BUCKET[/PREFIX]?region=NAME; keys belong into the file " + CREDENTIALS_FILE);
        }
        Map<String, String> given = StoreConfig.parameters(uri, PARAMETERS);
        String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
        URI endpoint = given.containsKey("endpoint") ? endpoint(given.get("endpoint")) : OF_REGION;
        return new S3Address(
                uri,
                uri.getHost(),
                path.isEmpty() || path.endsWith("/") ? path : path + "/",
                Region.of(given.getOrDefault("region", "us-east-1")),
                endpoint,
                Boolean.parseBoolean(given.getOrDefault("pathstyle", "false")),
                credentials(
                        folder.resolve(CREDENTIALS_FILE),
                        given.getOrDefault("profile", "default"),
                        isOfInstance(given.get("credentials"))));
    }

    private static boolean isOfInstance(@Nullable String credentials) {
        if (credentials != null && !credentials.equals("instance")) {
            throw new BadInputException("credentials is \"" + credentials
                    + "\", must be instance, or left out: keys belong into the file " + CREDENTIALS_FILE);
        }
        return credentials != null;
    }

    private static AwsCredentialsProvider credentials(Path file, String profile, boolean ofInstance) {
        if (Files.exists(file)) {
            return ProfileCredentialsProvider.builder()
                    .profileFile(ProfileFile.builder()
                            .content(file)
                            .type(ProfileFile.Type.CREDENTIALS)
                            .build())
                    .profileName(profile)
                    .build();
        }
        if (ofInstance) {
            return InstanceProfileCredentialsProvider.create();
        }
        // Amazon's own list without the metadata service, which takes a machine that has none most of a minute.
        return AwsCredentialsProviderChain.of(
                SystemPropertyCredentialsProvider.create(),
                EnvironmentVariableCredentialsProvider.create(),
                ProfileCredentialsProvider.builder().profileName(profile).build(),
                ContainerCredentialsProvider.create());
    }

    /** @throws StoreException.Unusable when nobody says who asks */
    void requireCredentials() {
        try {
            var _ = who.resolveCredentials();
        } catch (SdkException e) {
            throw new StoreException.Unusable(
                    toString(),
                    "can't be used: there are no credentials for it. Write them into the file " + CREDENTIALS_FILE
                            + " in the node's folder (a line [default], then aws_access_key_id = … and"
                            + " aws_secret_access_key = …), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; where the"
                            + " machine has a role of its own, add credentials=instance to the address",
                    e);
        }
    }

    private static URI endpoint(String text) {
        try {
            URI endpoint = URI.create(text);
            boolean local = "localhost".equals(endpoint.getHost()) || "127.0.0.1".equals(endpoint.getHost());
            if (endpoint.getHost() != null
                    && ("https".equals(endpoint.getScheme()) || ("http".equals(endpoint.getScheme()) && local))) {
                return endpoint;
            }
        } catch (IllegalArgumentException e) {
            // Said below, as for others that can't be used.
        }
        throw new BadInputException(
                "the endpoint of the store's blobs must be https://HOST[:PORT], or http:// on this machine");
    }

    S3Client client() {
        var builder = S3Client.builder()
                .region(region)
                .credentialsProvider(who)
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE))
                .overrideConfiguration(calls -> calls.apiCallTimeout(CALL)
                        .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(ATTEMPTS)
                                .throttlingBackoffStrategy(BackoffStrategy.exponentialDelay(FIRST_WAIT, LONGEST_WAIT))
                                .build()))
                .forcePathStyle(pathStyle)
                // Servers other than Amazon's don't know all of its checksums; the records have seals.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        if (!endpoint.equals(OF_REGION)) {
            builder.endpointOverride(endpoint);
        }
        return builder.build();
    }

    /** The same for two addresses that name the same objects. */
    String place() {
        return endpoint + " " + this;
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + prefix;
    }
}
