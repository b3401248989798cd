<?php
/**
 * Reads pages as JSON lines {"title", "wikitext"} and answers each with one JSON line: what MediaWiki's parser makes of it.
 */
require_once getenv( 'MW_INSTALL_PATH' ) . '/maintenance/Maintenance.php';

use MediaWiki\MediaWikiServices;

class ParsePages extends Maintenance {
	public function execute() {
		$services = MediaWikiServices::getInstance();
		$tracking = [];
		foreach ( $services->getTrackingCategories()->getTrackingCategories() as $group ) {
			foreach ( $group['cats'] as $title ) {
				$tracking[$title->getDBkey()] = true;
			}
		}
		while ( ( $line = fgets( STDIN ) ) !== false ) {
			$page = json_decode( $line, true );
			fwrite( STDOUT, json_encode( $this->parse( $services, $page, $tracking ), JSON_UNESCAPED_UNICODE ) . "\n" );
		}
	}

	private function parse( $services, array $page, array $tracking ): array {
		$title = Title::newFromText( $page['title'] ) ?? Title::newFromText( 'Page' );
		$options = ParserOptions::newFromAnon();
		$content = new WikitextContent( $page['wikitext'] );
		$target = $content->getRedirectTarget();
		// Saving a page normalises its text first: NFC, line ends, no spaces at its end.
		$output = $services->getParserFactory()->create()->parse( TextContent::normalizeLineEndings( $page['wikitext'] ), $title, $options );
		$own = array_diff_key( $output->getCategories(), $tracking );
		return [
			'html' => $output->getText( [ 'allowTOC' => false, 'enableSectionEditLinks' => false, 'unwrap' => true ] ),
			'categories' => array_map( 'strval', array_keys( $own ) ),
			'langlinks' => $output->getLanguageLinks(),
			'redirect' => $target ? $target->getPrefixedText() : '',
		];
	}
}

$maintClass = ParsePages::class;
require_once RUN_MAINTENANCE_IF_MAIN;
