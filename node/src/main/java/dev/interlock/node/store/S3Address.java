package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Where a store's large blobs are: {@code s3://BUCKET[/PREFIX]?region=NAME&endpoint=URL&pathstyle=true&profile=NAME}. Who asks is in the
 * file {@value #CREDENTIALS_FILE} beside the one with this address, in the form of AWS's own, or where AWS's tools look for it.
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
    private static final Set<String> PARAMETERS = Set.of("region", "endpoint", "pathstyle", "profile");
    private static final Duration ATTEMPT = Duration.ofSeconds(60);
    private static final Duration CONNECT = Duration.ofSeconds(10);
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
                credentials(folder.resolve(CREDENTIALS_FILE), given.getOrDefault("profile", "default")));
    }

    private static AwsCredentialsProvider credentials(Path file, String profile) {
        return Files.exists(file)
                ? ProfileCredentialsProvider.builder()
                        .profileFile(ProfileFile.builder()
                                .content(file)
                                .type(ProfileFile.Type.CREDENTIALS)
                                .build())
                        .profileName(profile)
                        .build()
                : DefaultCredentialsProvider.builder().profileName(profile).build();
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
                        .socketTimeout(ATTEMPT))
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
