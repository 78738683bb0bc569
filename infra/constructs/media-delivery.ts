import { Duration, Stack } from 'aws-cdk-lib'
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  type IOrigin,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'
import { MediaKeys } from './media-keys.ts'
import { MediaPolicies } from './media-policies.ts'

export interface MediaDeliveryProps {
  readonly stage: StageConfig
  readonly media: Bucket
}

/** What is not named here is refused twice: by the distribution, and by the bucket's policy. */
const open = ['images/*', 'waveforms/*']
/** Files as they were uploaded, and what was made of them for licences. */
const downloads = ['originals/*', 'licensed/*']
const previews = 'previews/*'
/** What pictures were made of, with all that a camera wrote into it: refused although it is below what is signed for. */
const closed = 'originals/images/*'

/** No link to a preview lives longer, so that no copy of one outlives the links to it. */
const previewStay = Duration.minutes(15)
const sharedWithPages = { header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true }

/**
 * Brings media to whoever may have them, from the bucket, which lets in this distribution and nobody from outside.
 * Pictures and waveforms are anybody's who knows their names; originals and previews need a link that was signed for them.
 */
export class MediaDelivery extends Construct {
  readonly distribution: Distribution
  readonly domainName: string
  private readonly stage: StageConfig

  constructor(scope: Construct, id: string, { stage, media }: MediaDeliveryProps) {
    super(scope, id)
    this.stage = stage
    const refused = this.createRefused(this.createOrigin(media))
    this.distribution = new Distribution(this, 'Distribution', {
      comment: this.named('media'),
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: refused,
      // The first pattern that fits decides.
      additionalBehaviors: { [closed]: refused, ...this.createServed(refused.origin) },
    })
    this.domainName = this.distribution.distributionDomainName
    this.letIn(media)
    this.accept()
  }

  private createOrigin(media: Bucket): IOrigin {
    // CDK's own way would open the whole bucket to the distribution.
    const access = new S3OriginAccessControl(this, 'Access', { originAccessControlName: this.named('media') })
    // The class declares as possibly undefined what its interface declares as absent.
    return S3BucketOrigin.withBucketDefaults(media as IBucket, {
      originAccessControlId: access.originAccessControlId,
    })
  }

  /** Before any cache and any bucket. */
  private createRefused(origin: IOrigin) {
    return {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      functionAssociations: [{ function: this.createRefusal(), eventType: FunctionEventType.VIEWER_REQUEST }],
    } satisfies BehaviorOptions
  }

  private createServed(origin: IOrigin): Record<string, BehaviorOptions> {
    const policies = new MediaPolicies(this, 'Policies', this.stage)
    const { group } = new MediaKeys(this, 'Keys', this.stage)
    const read = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      originRequestPolicy: policies.request('Media'),
      responseHeadersPolicy: policies.headers('Media', [sharedWithPages]),
    } satisfies BehaviorOptions
    // Browsers are told to keep it for good, since its bytes never change; here it stays for a day at most, so that what
    // was removed is soon nowhere.
    const openly = { ...read, cachePolicy: policies.cache('Open', Duration.days(1)), compress: true }
    const download = { ...read, ...this.createDownloads(policies), trustedKeyGroups: [group] }
    return {
      ...Object.fromEntries(open.map((pattern) => [pattern, openly])),
      ...Object.fromEntries(downloads.map((pattern) => [pattern, download])),
      [previews]: {
        ...read,
        cachePolicy: policies.cache('Previews', previewStay),
        responseHeadersPolicy: policies.headers('Previews', [
          sharedWithPages,
          { header: 'Cache-Control', value: `private, max-age=${previewStay.toSeconds()}`, override: true },
        ]),
        compress: false,
        trustedKeyGroups: [group],
      },
    }
  }

  /** S3 is asked each time: an original that is withdrawn is gone at once, and a name is never another's. */
  private createDownloads(policies: MediaPolicies) {
    return {
      cachePolicy: CachePolicy.CACHING_DISABLED,
      compress: false,
      originRequestPolicy: policies.request('Downloads', [
        'response-content-disposition',
        'response-content-type',
      ]),
      responseHeadersPolicy: policies.headers('Downloads', [
        { header: 'Cross-Origin-Resource-Policy', value: 'same-origin', override: true },
        { header: 'Cache-Control', value: 'private, no-cache', override: true },
        // A link that gives no name still shows nothing.
        { header: 'Content-Disposition', value: 'attachment', override: false },
      ]),
    }
  }

  private letIn(media: Bucket) {
    const reader = new ServicePrincipal('cloudfront.amazonaws.com')
    media.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyItsDistributionReadsMedia',
        effect: Effect.ALLOW,
        principals: [reader],
        actions: ['s3:GetObject'],
        resources: [...open, ...downloads, previews].map((pattern) => media.arnForObjects(pattern)),
        conditions: {
          StringEquals: {
            'AWS:SourceArn': Stack.of(this).formatArn({
              service: 'cloudfront',
              region: '',
              resource: 'distribution',
              resourceName: this.distribution.distributionId,
            }),
          },
        },
      }),
    )
    media.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyIsSentWhatPicturesWereMadeOf',
        effect: Effect.DENY,
        principals: [reader],
        actions: ['s3:GetObject'],
        resources: [media.arnForObjects(closed)],
      }),
    )
  }

  private createRefusal() {
    return new EdgeFunction(this, 'Refusal', {
      functionName: this.named('media-refusal'),
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(
        "function handler() { return { statusCode: 403, statusDescription: 'Forbidden' } }",
      ),
    })
  }

  private accept() {
    const reasons = {
      CFR1: 'Media are for listeners in every country',
      CFR2: 'It answers reads of files only, open ones and those with a valid signature; nothing behind it runs code',
      CFR3: 'Who looks at which picture is not ours to keep, links are bearer credentials that no log should hold; what S3 itself is asked for is in its access log',
      CFR4: 'The certificate of cloudfront.net sets the oldest TLS version; a domain of its own will set a newer one',
    }
    for (const [rule, reason] of Object.entries(reasons)) {
      acknowledge(this.distribution, `AwsSolutions-${rule}`, reason)
    }
  }

  private readonly named = (name: string) => resourceName(this.stage, name)
}
