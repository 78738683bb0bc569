import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import { type Bucket, HttpMethods, type IBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { MediaDelivery } from '../constructs/media-delivery.ts'
import { ObjectBucket } from '../constructs/object-bucket.ts'
import { corsOriginsParameter } from '../constructs/parameters.ts'
import { WorkQueue } from '../constructs/work-queue.ts'

/** A marker that hides nothing any more. */
const bareMarkers = { id: 'bare-markers', expiredObjectDeleteMarker: true }

/**
 * Quarantine and library, and the queues that follow what is written to them; and exports. Two buckets, so that no rule is
 * ambiguous and nothing written in answer to an event can raise it again.
 */
export class StorageStack extends Stack {
  readonly uploads: Bucket
  readonly media: Bucket
  readonly exports: Bucket
  readonly definitions: Bucket
  readonly delivery: MediaDelivery
  readonly scanQueue: WorkQueue
  readonly metadataQueue: WorkQueue
  private readonly stage: StageConfig

  constructor(
    scope: Construct,
    id: string,
    { stage, ...props }: StackProps & { readonly stage: StageConfig },
  ) {
    super(scope, id, props)
    this.stage = stage
    this.scanQueue = new WorkQueue(this, 'Scan', { stage, name: 'scan' })
    this.metadataQueue = new WorkQueue(this, 'Metadata', { stage, name: 'metadata' })
    const accessLogs = this.createAccessLogs()
    this.uploads = this.createUploads(accessLogs)
    this.media = this.createMedia(accessLogs)
    this.exports = this.createExports(accessLogs)
    this.definitions = this.createDefinitions(accessLogs)
    this.delivery = new MediaDelivery(this, 'Delivery', { stage, media: this.media })
  }

  private get scannerArn() {
    return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${resourceName(this.stage, 'scan-worker')}`
  }

  private createAccessLogs() {
    const logs = new ObjectBucket(this, 'AccessLogs', { stage: this.stage, versioned: false })
    logs.bucket.addLifecycleRule({ id: 'old-logs', expiration: Duration.days(90) })
    // The class declares as possibly undefined what its interface declares as absent.
    return logs.bucket as IBucket
  }

  private createUploads(accessLogs: IBucket) {
    const corsOrigins = corsOriginsParameter(this, this.stage)
    const uploads = new ObjectBucket(this, 'Uploads', {
      stage: this.stage,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'uploads/',
      cors: [
        {
          allowedOrigins: corsOrigins.valueAsList,
          allowedMethods: [HttpMethods.PUT],
          allowedHeaders: ['content-type', 'if-none-match', 'x-amz-checksum-sha256'],
          exposedHeaders: ['etag'],
          maxAge: 3600,
        },
      ],
      // A source is deleted once copied; what is left here was refused, abandoned or infected.
      lifecycleRules: [
        {
          id: 'leftovers',
          prefix: 'uploads/',
          expiration: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(1),
        },
        bareMarkers,
      ],
    })
    this.keepQuarantined(uploads.bucket)
    uploads.notify(this.scanQueue, 'uploads/')
    return uploads.bucket
  }

  private createMedia(accessLogs: IBucket) {
    const media = new ObjectBucket(this, 'Media', {
      stage: this.stage,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'media/',
      // What a browser asks before it reads, passed on by the distribution; who may read is not decided by it.
      cors: [
        {
          allowedOrigins: ['*'],
          allowedMethods: [HttpMethods.GET, HttpMethods.HEAD],
          allowedHeaders: ['*'],
          maxAge: 86_400,
        },
      ],
      lifecycleRules: [
        // Purging takes the version itself away; what is only hidden was so by mistake.
        {
          id: 'hidden-originals',
          prefix: 'originals/',
          noncurrentVersionExpiration: Duration.days(30),
        },
        // What can be made anew is gone for good a day after it was removed.
        ...['images/', 'licensed/', 'previews/', 'waveforms/'].map((prefix) => ({
          id: `removed-${prefix.slice(0, -1)}`,
          prefix,
          noncurrentVersionExpiration: Duration.days(1),
        })),
        // What a picture was made of, with all that a camera wrote into it, is deleted once it has been drawn anew.
        {
          id: 'originals-of-pictures',
          prefix: 'originals/images/',
          expiration: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(1),
        },
        bareMarkers,
      ],
    })
    this.sealInfected(media.bucket)
    media.notify(this.metadataQueue, 'originals/')
    return media.bucket
  }

  /** Sets of virus definitions. The updater puts again what is still in use, long before it goes. */
  private createDefinitions(accessLogs: IBucket) {
    const definitions = new ObjectBucket(this, 'Definitions', {
      stage: this.stage,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'definitions/',
      lifecycleRules: [
        { id: 'old-sets', prefix: 'definitions/files/', expiration: Duration.days(30) },
        { id: 'replaced', noncurrentVersionExpiration: Duration.days(1) },
        bareMarkers,
      ],
    })
    return definitions.bucket
  }

  /** Files with people's data, for a day (what their sweeper leaves behind goes by itself); and statements, which stay. */
  private createExports(accessLogs: IBucket) {
    const exports = new ObjectBucket(this, 'Exports', {
      stage: this.stage,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'exports/',
      lifecycleRules: [
        {
          id: 'old-exports',
          prefix: 'exports/accounts/',
          expiration: Duration.days(2),
        },
        // The link that comes with it is good for minutes.
        { id: 'read-statistics', prefix: 'exports/analytics/', expiration: Duration.days(1) },
        { id: 'replaced', noncurrentVersionExpiration: Duration.days(1) },
        bareMarkers,
      ],
    })
    return exports.bucket
  }

  /**
   * A file in which something was found later on stays, for the finding may be wrong; whoever holds a link to it,
   * signed by whom it may be, reads it no more.
   */
  private sealInfected(media: Bucket) {
    media.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyReadsInfected',
        effect: Effect.DENY,
        // Those of services too: the distribution reads as one.
        principals: [new StarPrincipal()],
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [media.arnForObjects('*')],
        conditions: {
          StringEquals: { 's3:ExistingObjectTag/verdict': 'infected' },
          ArnNotEquals: { 'aws:PrincipalArn': this.scannerArn },
        },
      }),
    )
  }

  /**
   * Nobody but the scanner reads what is not scanned, whatever their own policies allow, administrators
   * included. The role is named, not referenced, for it lives in the stack after this one. Nobody can be locked
   * out by it: it denies the reading of objects only, never of the policy, so who manages the bucket can lift it.
   */
  private keepQuarantined(uploads: Bucket) {
    uploads.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyTheScannerReads',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [uploads.arnForObjects('*')],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': this.scannerArn } },
      }),
    )
  }
}
