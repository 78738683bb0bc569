/** CloudFront's patterns: `*` for any characters, `?` for one; upper and lower case differ. */
export const wildcards = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\/]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )
