import { Duration } from 'aws-cdk-lib'
import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  HeadersFrameOption,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  type ResponseCustomHeadersBehavior,
  ResponseHeadersPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { Construct } from 'constructs'
import { resourceName, type StageConfig } from '../config.ts'

/** What S3 asks of a browser's question before a request of another origin; its answer differs for no other header. */
const preflight = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers']

/** How long media stay, what S3 is told of a request, and what a client is told of an answer. */
export class MediaPolicies extends Construct {
  private readonly stage: StageConfig

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    this.stage = stage
  }

  /** No query string and no header makes a difference, so that every link to an object finds the same copy. */
  cache(id: string, longest: Duration): CachePolicy {
    return new CachePolicy(this, `${id}Cache`, {
      cachePolicyName: this.named(id),
      minTtl: Duration.seconds(0),
      defaultTtl: longest,
      maxTtl: longest,
      cookieBehavior: CacheCookieBehavior.none(),
      headerBehavior: CacheHeaderBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    })
  }

  /** Of the query string, S3 hears these parameters and no other. */
  request(id: string, parameters: readonly string[] = []): OriginRequestPolicy {
    return new OriginRequestPolicy(this, `${id}Request`, {
      originRequestPolicyName: this.named(id),
      cookieBehavior: OriginRequestCookieBehavior.none(),
      headerBehavior: OriginRequestHeaderBehavior.allowList(...preflight),
      queryStringBehavior:
        parameters.length > 0
          ? OriginRequestQueryStringBehavior.allowList(...parameters)
          : OriginRequestQueryStringBehavior.none(),
    })
  }

  /** Nothing is ever run, framed or taken for another type, and the pages of any origin may read it. */
  headers(id: string, customHeaders: ResponseCustomHeadersBehavior['customHeaders']): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, `${id}Headers`, {
      responseHeadersPolicyName: this.named(id),
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'; sandbox", override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      },
      customHeadersBehavior: { customHeaders },
      corsBehavior: {
        accessControlAllowOrigins: ['*'],
        accessControlAllowMethods: ['GET', 'HEAD', 'OPTIONS'],
        accessControlAllowHeaders: ['*'],
        accessControlExposeHeaders: [
          'accept-ranges',
          'content-disposition',
          'content-length',
          'content-range',
          'etag',
        ],
        accessControlAllowCredentials: false,
        accessControlMaxAge: Duration.days(1),
        originOverride: true,
      },
    })
  }

  private readonly named = (id: string) => resourceName(this.stage, `media-${id.toLowerCase()}`)
}
