import static software.amazon.awssdk.core.sync.RequestBody.fromString;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.localstack.LocalStackContainer; // before 2.0: org.testcontainers.containers.localstack
import org.testcontainers.utility.DockerImageName;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

class LocalStack {
    /** Starts the image that is the first argument; the others are options. */
    public static void main(String[] arguments) throws IOException {
        var options = List.of(arguments);
        var image = DockerImageName.parse(options.get(0)).asCompatibleSubstituteFor("localstack/localstack");
        try (var localstack = new LocalStackContainer(image)) {
            localstack.withEnv("API_ENDPOINT", System.getenv("API_ENDPOINT"));
            localstack.withEnv("LOCALSTACK_AUTH_TOKEN", System.getenv("LOCALSTACK_AUTH_TOKEN"));
            if (options.contains("--own-entrypoint")) { // instead of a shell script, for an image without a shell
                localstack.withCreateContainerCmdModifier(cmd -> cmd.withEntrypoint("docker-entrypoint.sh"));
            }
            if (options.contains("--fail-fast")) { // instead of a minute after a container that has ended
                localstack.waitingFor(Wait.forListeningPort());
            }
            localstack.start();
            try (var info = localstack.getEndpoint().resolve("/_localstack/info").toURL().openStream()) {
                System.out.println(new String(info.readAllBytes()));
            }
            roundTrip(localstack);
        }
    }

    static void roundTrip(LocalStackContainer localstack) {
        var credentials = AwsBasicCredentials.create(localstack.getAccessKey(), localstack.getSecretKey());
        try (var s3 = S3Client.builder()
                .endpointOverride(localstack.getEndpoint())
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                .region(Region.of(localstack.getRegion()))
                .build()) {
            s3.createBucket(b -> b.bucket("bucket"));
            s3.putObject(o -> o.bucket("bucket").key("key").metadata(Map.of("color", "blue")), fromString("content"));
            var got = s3.getObjectAsBytes(o -> o.bucket("bucket").key("key"));
            System.out.println(got.asUtf8String() + " " + got.response().metadata());
        }
    }
}
