import { Duration, Stack } from 'aws-cdk-lib'
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HttpVersion,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'
import { acknowledge } from './acknowledge.ts'

export interface MediaDeliveryProps {
  readonly stage: StageConfig
  readonly media: Bucket
}

/** What anybody may fetch. Everything else in the bucket is refused, twice: here, and by the bucket's policy. */
const open = 'images/*'

/** Brings pictures to whoever asks, from the media bucket, which lets in this distribution and nobody from outside. */
export class MediaDelivery extends Construct {
  readonly distribution: Distribution
  readonly domainName: string
  private readonly stage: StageConfig

  constructor(scope: Construct, id: string, { stage, media }: MediaDeliveryProps) {
    super(scope, id)
    this.stage = stage
    // CDK's own way would open the whole bucket to the distribution.
    const access = new S3OriginAccessControl(this, 'Access', { originAccessControlName: this.named('media') })
    // The class declares as possibly undefined what its interface declares as absent.
    const origin = S3BucketOrigin.withBucketDefaults(media as IBucket, {
      originAccessControlId: access.originAccessControlId,
    })
    const shared = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      responseHeadersPolicy: this.createHeaders(),
      cachePolicy: this.createCachePolicy(),
    } satisfies BehaviorOptions
    this.distribution = new Distribution(this, 'Distribution', {
      comment: this.named('media'),
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        ...shared,
        functionAssociations: [
          { function: this.createRefusal(), eventType: FunctionEventType.VIEWER_REQUEST },
        ],
      },
      additionalBehaviors: { [open]: shared },
    })
    this.domainName = this.distribution.distributionDomainName
    this.letIn(media)
    this.accept()
  }

  private letIn(media: Bucket) {
    media.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyItsDistributionReadsPictures',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
        actions: ['s3:GetObject'],
        resources: [media.arnForObjects(open)],
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
  }

  /**
   * Browsers are told to keep a picture for good, since its bytes never change; here it stays for a day at most, so
   * that one that was removed is soon nowhere.
   */
  private createCachePolicy() {
    return new CachePolicy(this, 'Cache', {
      cachePolicyName: this.named('media'),
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.days(1),
      maxTtl: Duration.days(1),
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
    })
  }

  private createHeaders() {
    return new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: this.named('media'),
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'; sandbox", override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      },
      customHeadersBehavior: {
        // Pages of other origins embed pictures; without it some browsers would not let them.
        customHeaders: [{ header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true }],
      },
    })
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
      CFR1: 'Pictures are for listeners in every country',
      CFR2: 'Two kinds of requests reach it, GET and HEAD of public files; there is nothing behind it to protect',
      CFR3: 'Who looks at which picture is not ours to keep; what S3 itself is asked for is in its access log',
      CFR4: 'The certificate of cloudfront.net sets the oldest TLS version; a domain of its own will set a newer one',
    }
    for (const [rule, reason] of Object.entries(reasons)) {
      acknowledge(this.distribution, `AwsSolutions-${rule}`, reason)
    }
  }

  private readonly named = (name: string) => resourceName(this.stage, name)
}
