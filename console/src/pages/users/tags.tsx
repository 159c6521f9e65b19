/** The tags of a user: roles in this console, and others that mean something to its owners. */
import { Badge } from '../../parts/badge.tsx'
import { ROLES } from './user.ts'

export function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) {
    return (
      <span className="text-ink-3" title="Programs that publish and consume need no role">
        none
      </span>
    )
  }
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <Badge
          key={tag}
          tone={tag === 'administrator' ? 'good' : 'neutral'}
          title={ROLES.find((role) => role.tag === tag)?.text ?? 'No role of this console'}
        >
          {tag}
        </Badge>
      ))}
    </span>
  )
}
