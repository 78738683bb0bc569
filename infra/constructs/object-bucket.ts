import { Aws, Duration } from 'aws-cdk-lib'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'
import type { WorkQueue } from './work-queue.ts'

export type ObjectBucketProps = BucketProps & { readonly stage: StageConfig }

/** Private, encrypted, TLS only, versioned. */
export class ObjectBucket extends Construct {
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, { stage, ...props }: ObjectBucketProps) {
    super(scope, id)
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: removalPolicy(stage),
      ...props,
    })
    this.bucket.addLifecycleRule({
      id: 'unfinished-uploads',
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    })
  }

  /**
   * Every new object under `prefix` becomes a message. Written on the bucket itself, for CDK's own way is a
   * custom resource that may change any bucket. S3 tries the queue when the bucket is made, so its policy comes
   * first; the bucket's name is not known then, and the account is what the policy checks instead.
   */
  notify({ queue }: WorkQueue, prefix: string) {
    queue.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    )
    const bucket = this.bucket.node.defaultChild as CfnBucket
    bucket.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: queue.queueArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } },
        },
      ],
    }
    bucket.node.addDependency(queue.node.findChild('Policy'))
  }
}
