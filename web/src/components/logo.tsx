/** The product's name and icon. */
export function Logo() {
  return (
    <span class="logo">
      <img src="/icon.svg" alt="" width="24" height="24" />
      <span>API Dashboard</span>
    </span>
  );
}
