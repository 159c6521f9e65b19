/** The sign of the product: a track that parts, and a lamp. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="7" fill="#0a6243" />
      <path
        d="M6 22h20M6 22 20 10h6"
        fill="none"
        stroke="#f5f3ec"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="10" cy="10" r="3" fill="#f0b44c" />
    </svg>
  )
}
