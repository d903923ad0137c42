//! The one command that installs PostgreSQL on this system.

/// Where every system finds PostgreSQL.
pub(super) const DOWNLOADS: &str = "https://www.postgresql.org/download/";

/// The command for the system that `/etc/os-release` describes; macOS has no such file.
pub(super) fn command(os_release: Option<&str>, root: bool) -> String {
    let Some(os_release) = os_release else { return "brew install postgresql@17".to_owned() };
    let sudo = if root { "" } else { "sudo " };
    match families(os_release).find_map(install) {
        Some(install) => format!("{sudo}{install}"),
        None => format!("(as your system wants it; {DOWNLOADS} tells)"),
    }
}

/// What the system calls itself, then what it is like: the nearest first.
fn families(os_release: &str) -> impl Iterator<Item = &str> {
    let value = |key| os_release.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    [value("ID="), value("ID_LIKE=")].into_iter().flat_map(|names| names.trim().trim_matches(['"', '\'']).split(' '))
}

fn install(family: &str) -> Option<&'static str> {
    match family {
        "debian" | "ubuntu" => Some("apt-get install -y postgresql"),
        "fedora" | "rhel" | "centos" => Some("dnf install -y postgresql-server"),
        "alpine" => Some("apk add postgresql"),
        "arch" => Some("pacman -S --noconfirm postgresql"),
        "suse" | "opensuse" => Some("zypper install -y postgresql-server"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_its_command() {
        let commands = [
            ("ID=debian\nVERSION_ID=\"12\"", "sudo apt-get install -y postgresql"),
            ("NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"", "sudo apt-get install -y postgresql"),
            ("ID=fedora", "sudo dnf install -y postgresql-server"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", "sudo dnf install -y postgresql-server"),
            ("ID=alpine", "sudo apk add postgresql"),
            ("ID=manjaro\nID_LIKE=arch", "sudo pacman -S --noconfirm postgresql"),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"", "sudo zypper install -y postgresql-server"),
            ("ID=plan9", "(as your system wants it; https://www.postgresql.org/download/ tells)"),
        ];
        for (os_release, expected) in commands {
            assert_eq!(command(Some(os_release), false), expected, "{os_release}");
        }
    }

    #[test]
    fn root_needs_no_sudo_and_brew_wants_none() {
        assert_eq!(command(Some("ID=debian"), true), "apt-get install -y postgresql");
        assert_eq!(command(None, false), "brew install postgresql@17");
    }
}
