import { CfnCondition, CfnParameter, Fn, type Stack } from 'aws-cdk-lib'
import type { StageConfig } from '../config.ts'

/** What a deployment may set without a change of code; the defaults are the stage's. */
export interface Parameters {
  readonly streamServerUrl: string
  readonly chatWsUrl: string
  readonly appUrl: string
  readonly mailFrom: string
  readonly pwnedPasswordsUrl: string
  readonly passkeyDomain: string
  /** Where virus definitions come from: empty for ClamAV's own servers, `off` for none of theirs. */
  readonly definitionsMirror: string
  /** Further files of definitions, comma-separated. */
  readonly definitionsUrls: string
  /** Where pictures are fetched from. */
  readonly mediaUrl: string
  readonly corsOrigins: string[]
  /** The same list as functions get it. */
  readonly corsOriginsText: string
}

export interface ParameterDefaults {
  /** Of the distribution that delivers pictures. */
  readonly mediaDomain: string
}

export function declareParameters(
  stack: Stack,
  stage: StageConfig,
  { mediaDomain }: ParameterDefaults,
): Parameters {
  const { streamServerUrl, chatWsUrl, appUrl, mailFrom, pwnedPasswordsUrl, passkeyDomain } = stage.parameters
  const corsOrigins = corsOriginsParameter(stack, stage).valueAsList
  return {
    streamServerUrl: text(
      stack,
      'StreamServerUrl',
      streamServerUrl,
      'Where functions reach the stream server',
    ),
    chatWsUrl: text(stack, 'ChatWsUrl', chatWsUrl, 'Where clients reach the chat server'),
    appUrl: text(stack, 'AppUrl', appUrl, 'The web application that links in mails lead to'),
    mailFrom: text(stack, 'MailFrom', mailFrom, 'Sender of mails; SES must know its domain or itself'),
    pwnedPasswordsUrl: text(
      stack,
      // Not named for passwords: CloudFormation would take its value for a secret.
      'BreachListUrl',
      pwnedPasswordsUrl,
      'Range API that knows breached passwords; empty asks nobody',
    ),
    passkeyDomain: text(stack, 'PasskeyDomain', passkeyDomain, 'Domain of the web application, for passkeys'),
    definitionsMirror: text(
      stack,
      'DefinitionsMirror',
      '',
      "Private mirror of ClamAV's definitions; empty for its own servers, off for none",
    ),
    definitionsUrls: text(
      stack,
      'DefinitionsUrls',
      '',
      'Further files of virus definitions, by their URLs, comma-separated',
    ),
    mediaUrl: mediaUrl(stack, mediaDomain),
    corsOrigins,
    corsOriginsText: Fn.join(',', corsOrigins),
  }
}

/** In both stacks that need it, under one name: `cdk deploy --parameters CorsOrigins=…` sets both. */
export function corsOriginsParameter(stack: Stack, stage: StageConfig) {
  return new CfnParameter(stack, 'CorsOrigins', {
    type: 'CommaDelimitedList',
    default: stage.parameters.corsOrigins,
    description: 'Exact origins of the web applications that may call the API and upload, comma-separated',
  })
}

function mediaUrl(stack: Stack, domain: string): string {
  const description = 'Where clients fetch pictures; empty for the domain that the distribution has by itself'
  const url = text(stack, 'MediaUrl', '', description)
  const isGiven = new CfnCondition(stack, 'HasMediaUrl', {
    expression: Fn.conditionNot(Fn.conditionEquals(url, '')),
  })
  return Fn.conditionIf(isGiven.logicalId, url, `https://${domain}`).toString()
}

const text = (stack: Stack, id: string, value: string, description: string) =>
  new CfnParameter(stack, id, { default: value, description }).valueAsString
