import static software.amazon.awssdk.core.sync.RequestBody.fromString;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.testcontainers.localstack.LocalStackContainer; // before 2.0: org.testcontainers.containers.localstack
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * testcontainers for Java with the image, and the AWS SDK for Java.
 *
 * <p>Usage: LocalStack IMAGE [--own-entrypoint] [--fail-fast]
 *
 * <p>API_ENDPOINT and LOCALSTACK_AUTH_TOKEN are the container's.
 */
class LocalStack {
    public static void main(String[] arguments) throws IOException {
        var options = List.of(arguments);
        var image = DockerImageName.parse(options.get(0)).asCompatibleSubstituteFor("localstack/localstack");
        try (var localstack = new LocalStackContainer(image)) {
            localstack.withEnv("API_ENDPOINT", System.getenv("API_ENDPOINT"));
            localstack.withEnv("LOCALSTACK_AUTH_TOKEN", System.getenv("LOCALSTACK_AUTH_TOKEN"));
            if (options.contains("--own-entrypoint")) { // the image has no shell for the default one
                localstack.withCreateContainerCmdModifier(cmd -> cmd.withEntrypoint("docker-entrypoint.sh"));
            }
            if (options.contains("--fail-fast")) { // otherwise it waits a minute for a container that has ended
                localstack.withStartupTimeout(Duration.ofSeconds(10));
            }
            localstack.start();
            try (var info = localstack.getEndpoint().resolve("/_localstack/info").toURL().openStream()) {
                System.out.println(new String(info.readAllBytes()));
            }
            storeAnObject(localstack);
        }
    }

    private static void storeAnObject(LocalStackContainer localstack) {
        var credentials = AwsBasicCredentials.create(localstack.getAccessKey(), localstack.getSecretKey());
        try (var s3 = S3Client.builder()
                .endpointOverride(localstack.getEndpoint())
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                .region(Region.of(localstack.getRegion()))
                .build()) {
            s3.createBucket(b -> b.bucket("bucket"));
            s3.putObject(o -> o.bucket("bucket").key("key").metadata(Map.of("color", "blue")), fromString("content"));
            var got = s3.getObjectAsBytes(o -> o.bucket("bucket").key("key"));
            System.out.println(got.asUtf8String() + " " + got.response().metadata().get("color"));
        }
    }
}
