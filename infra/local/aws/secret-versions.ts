import { AwsError } from './aws-error.ts'

export interface SecretVersion {
  readonly id: string
  /** A rotation announces a version before there is anything in it. */
  readonly value?: string
  readonly stages: readonly string[]
  readonly created_at: string
}

/** The newest first; a version that no stage names is as good as gone. */
export type SecretVersions = readonly SecretVersion[]

export const versionAt = (versions: SecretVersions, stage: string): SecretVersion | undefined =>
  versions.find(({ stages }) => stages.includes(stage))

/** Takes in a version, its stages being taken from those that had them. A version says the same for ever. */
export function addVersion(versions: SecretVersions, added: SecretVersion): SecretVersions {
  const known = versions.find(({ id }) => id === added.id)
  if (known?.value !== undefined) {
    if (known.value === added.value) return versions
    throw new AwsError(
      'ResourceExistsException',
      400,
      "You can't use the same ClientRequestToken for two different values.",
    )
  }
  const others = versions.filter(({ id }) => id !== added.id)
  const staged = added.stages.reduce(
    (all: SecretVersions, stage) => moveStage(all, stage, added.id),
    [{ ...added, stages: known?.stages ?? [] }, ...others],
  )
  return staged.filter(({ stages }) => stages.length > 0)
}

/** What was current becomes `AWSPREVIOUS` by itself. */
function moveStage(versions: SecretVersions, stage: string, to: string | undefined): SecretVersions {
  const before = versionAt(versions, stage)
  if (before?.id === to) return versions
  const moved = versions.map((version) => ({
    ...version,
    stages: version.id === to ? [...version.stages, stage] : version.stages.filter((name) => name !== stage),
  }))
  return stage === 'AWSCURRENT' && before ? moveStage(moved, 'AWSPREVIOUS', before.id) : moved
}

export interface StageMove {
  readonly stage: string
  readonly to: string | undefined
  readonly from: string | undefined
}

/** As `UpdateSecretVersionStage` asks for it: whoever moves a stage says where it is now. */
export function moveStageChecked(versions: SecretVersions, { stage, to, from }: StageMove): SecretVersions {
  const holder = versionAt(versions, stage)
  if (to !== undefined && !versions.some(({ id }) => id === to))
    throw new AwsError(
      'ResourceNotFoundException',
      400,
      `Secrets Manager can't find the specified secret version: ${to}`,
    )
  if (holder && holder.id !== to && holder.id !== from)
    throw new AwsError(
      'InvalidParameterException',
      400,
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    )
  return moveStage(versions, stage, to).filter(({ stages }) => stages.length > 0)
}
