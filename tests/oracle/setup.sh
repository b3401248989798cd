#!/usr/bin/env bash
# bash tests/oracle/setup.sh     makes a MediaWiki in $CHARKHA_ORACLE (default ~/.cache/charkha-oracle); needs Debian and root
# Nothing listens and nothing is started: the wiki is a folder that PHP reads. Run again, it does nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${CHARKHA_ORACLE:-$HOME/.cache/charkha-oracle}
mkdir -p "$home"
home=$(cd "$home" && pwd)
exec 9>"$home/lock" && flock 9 # two test workers may come at once

if ! php -r 'exit(extension_loaded("mbstring") && extension_loaded("xml") && extension_loaded("intl") && extension_loaded("pdo_sqlite") ? 0 : 1);' 2>/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends php-cli php-mbstring php-xml php-intl php-sqlite3 >/dev/null
fi

if [ ! -e "$home/wiki/ready" ]; then
  rm -rf "$home/wiki" "$home/unpacked" "$home/data"
  mkdir -p "$home/wiki" "$home/unpacked" "$home/data" "$home/debs"
  cd "$home/debs"
  ls mediawiki_*.deb mediawiki-classes_*.deb >/dev/null 2>&1 || apt-get download -qq mediawiki mediawiki-classes 2>/dev/null ||
    { apt-get update -qq && apt-get download -qq mediawiki mediawiki-classes; }
  for deb in *.deb; do dpkg-deb -x "$deb" "$home/unpacked"; done
  # The package links configuration and images to /var and /etc; only its own files are wanted.
  find "$home/unpacked/usr/share/mediawiki" -mindepth 1 -maxdepth 1 ! -type l -exec cp -a {} "$home/wiki/" \;
  ln -s extensions-core "$home/wiki/extensions"
  php "$home/wiki/maintenance/install.php" --dbtype sqlite --dbpath "$home/data" --dbname wiki --lang en --server http://localhost \
    --scriptpath "" --pass "$(head -c 12 /dev/urandom | base64)" Oracle Admin >"$home/install.log" 2>&1 || { cat "$home/install.log" >&2; exit 1; }
  rm -rf "$home/unpacked"
  touch "$home/wiki/ready"
fi
# The settings stand in the repository, so that a change of them needs no new wiki.
grep -q CHARKHA_ORACLE_SETTINGS "$home/wiki/LocalSettings.php" ||
  echo 'require getenv( "CHARKHA_ORACLE_SETTINGS" );' >>"$home/wiki/LocalSettings.php"
echo "$home: $(grep -o "'MW_VERSION', '[^']*'" "$home/wiki/includes/Defines.php" | cut -d"'" -f4)"
