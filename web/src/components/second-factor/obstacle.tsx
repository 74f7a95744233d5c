import { type NoPasskeys, passkeyObstacle } from "../../passkeys";

/** Why the browser offers no passkeys on this page, and what to do. Nothing if it does. */
export function PasskeyObstacle() {
  const obstacle = passkeyObstacle();
  return obstacle === undefined ? null : <ObstacleText obstacle={obstacle} />;
}

function ObstacleText({ obstacle }: { obstacle: NoPasskeys }) {
  switch (obstacle.kind) {
    case "loopback":
      return (
        <>
          Passkeys do not work at an IP address. Open{" "}
          <a href={obstacle.address}>{new URL(obstacle.address).origin}</a> to use one.
        </>
      );
    case "ip":
      return (
        <>
          Passkeys do not work at an IP address. Open the dashboard by its host name, over HTTPS, to
          use one.
        </>
      );
    case "insecure":
      return <>Passkeys need HTTPS, or a server on this machine at http://localhost.</>;
    case "unsupported":
      return <>This browser does not support passkeys.</>;
  }
}
