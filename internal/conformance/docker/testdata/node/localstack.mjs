// testcontainers for Node with the image, and the AWS SDK for JavaScript.
//
// Usage: node localstack.mjs IMAGE; API_ENDPOINT and LOCALSTACK_AUTH_TOKEN are the container's.

import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { LocalstackContainer } from "@testcontainers/localstack";

const { API_ENDPOINT, LOCALSTACK_AUTH_TOKEN } = process.env;
const localstack = await new LocalstackContainer(process.argv[2])
  .withEnvironment({ API_ENDPOINT, LOCALSTACK_AUTH_TOKEN })
  .withLogConsumer((log) => log.pipe(process.stderr)) // why a start fails is only there
  .start();

const info = await fetch(localstack.getConnectionUri() + "/_localstack/info");
console.log(await info.text());

const s3 = new S3Client({
  endpoint: localstack.getConnectionUri(),
  forcePathStyle: true,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "key", Body: "content", Metadata: { color: "blue" } }));
const got = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
console.log(await got.Body.transformToString(), got.Metadata.color);

await localstack.stop();
