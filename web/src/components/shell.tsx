import {
  Activity,
  Bell,
  BookOpen,
  FlaskConical,
  Gauge,
  History,
  KeyRound,
  LayoutDashboard,
  LogOut,
  Menu,
  Search,
  Ticket,
  UserRound,
  Wallet,
  X,
} from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useProfile } from "../data/profile";
import { useApiAddress, useServices } from "../services";
import { Button, IconButton } from "./button";
import { ConnectionNotice } from "./connection";
import { Logo } from "./logo";
import { ThemeSwitch } from "./theme-switch";
import { useToast } from "./toasts";

const PAGES = [
  ["/", "Overview", LayoutDashboard],
  ["/keys", "Keys", KeyRound],
  ["/tokens", "Tokens", Ticket],
  ["/requests", "Requests", Activity],
  ["/rate-limits", "Rate limits", Gauge],
  ["/spend", "Spend", Wallet],
  ["/playground", "Playground", FlaskConical],
  ["/notifications", "Notifications", Bell],
  ["/audit", "Audit log", History],
] as const;

/** The frame around every page of a signed-in user. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const { session } = useServices();
  const address = useApiAddress();
  const profile = useProfile();
  const [menu, setMenu] = useState(false);
  const topbar = useRef<HTMLElement>(null);
  const [searching, setSearching] = useState(false);
  const CommandPalette = useCommandPalette(searching);

  useEffect(() => setMenu(false), [path]);
  useEffect(() => {
    function open(event: KeyboardEvent) {
      if (event.key === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        if (menu) {
          leaveMenu();
        }
        setSearching((now) => !now);
      }
    }
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, [menu]);

  useEffect(() => {
    if (!menu) {
      return undefined;
    }
    function escape(event: KeyboardEvent) {
      if (event.key === "Escape") {
        leaveMenu();
      }
    }
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [menu]);

  /** Close the mobile menu and move the focus to the button that opened it. */
  function leaveMenu() {
    setMenu(false);
    topbar.current?.querySelector("button")?.focus();
  }

  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="topbar" ref={topbar}>
        <a href="/" class="logo-link" aria-label="API Dashboard, overview">
          <Logo />
        </a>
        <IconButton
          class="menu-button"
          label={menu ? "Close menu" : "Open menu"}
          aria-expanded={menu}
          aria-controls="menu"
          onClick={() => setMenu(!menu)}
        >
          {menu ? <X size={18} /> : <Menu size={18} />}
        </IconButton>
      </header>
      {menu && <div class="menu-backdrop" onClick={leaveMenu} />}
      <aside
        class="sidebar"
        id="menu"
        aria-label="Menu"
        data-open={menu}
        onClick={({ target }) => {
          if (target instanceof Element && target.closest("a") !== null) {
            leaveMenu();
          }
        }}
      >
        <Button
          class="search-button"
          onClick={() => {
            leaveMenu(); // first, so that closing the search can restore the focus
            setSearching(true);
          }}
        >
          <Search size={15} /> <span>Search</span> <kbd>Ctrl K</kbd>
        </Button>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map(([href, name, Icon]) => (
              <li key={href}>
                <a href={href} aria-current={currentness(path, href)}>
                  <Icon size={16} aria-hidden="true" /> {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="sidebar-foot">
          <a href={`${address}/api/docs`} target="_blank" rel="noreferrer">
            <BookOpen size={16} aria-hidden="true" /> API documentation
          </a>
          <a href="/account" aria-current={path === "/account" ? "page" : undefined}>
            <UserRound size={16} aria-hidden="true" />
            <span class="cut">{profile.data?.username ?? "Account"}</span>
          </a>
          <div class="sidebar-row">
            <ThemeSwitch />
            <IconButton label="Sign out" onClick={() => session.signOut()}>
              <LogOut size={16} />
            </IconButton>
          </div>
        </div>
      </aside>
      <main id="main" tabIndex={-1} onFocusIn={() => setMenu(false)}>
        <ConnectionNotice />
        {children}
      </main>
      {searching && CommandPalette && <CommandPalette onClose={() => setSearching(false)} />}
    </div>
  );
}

/** How a menu entry relates to the open page: the pages of APIs belong to the keys. */
function currentness(path: string, href: string): "page" | "true" | undefined {
  if (path === href) {
    return "page";
  }
  return href === "/keys" && path.startsWith("/apis/") ? "true" : undefined;
}

type CommandPaletteComponent = typeof import("./command-palette").CommandPalette;

/** Load the command palette when it is first opened; no page needs it to start. */
function useCommandPalette(wanted: boolean): CommandPaletteComponent | undefined {
  const toast = useToast();
  const [found, setFound] = useState<CommandPaletteComponent>();
  useEffect(() => {
    if (wanted && found === undefined) {
      import("./command-palette").then(
        ({ CommandPalette }) => setFound(() => CommandPalette),
        () => toast({ text: "Search could not be loaded. Reload the page." }),
      );
    }
  }, [wanted, found, toast]);
  return found;
}
